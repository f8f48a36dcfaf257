//! The only place that calls EPANET's C code: a project as a safe handle.
#![allow(
    unsafe_code,
    reason = "EPANET is a C library; every call of it is in this file and takes no pointer from outside"
)]

use epanet_sys as c;
use std::ffi::CString;
use std::io::Read as _;
use std::path::Path;
use std::ptr;
use std::sync::{Mutex, PoisonError};

/// Reading a file uses C's `strtok`, whose place is one for the whole process.
static READING: Mutex<()> = Mutex::new(());
/// Room for an id: EPANET's are 31 bytes at most.
const ID_BYTES: usize = 64;
/// So much of the report is read; the first messages are the causes.
const REPORT_BYTES: u64 = 1 << 20;

/// A code that EPANET gave: 1 to 6 are warnings, from 100 on errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code(pub(super) i32);

/// Which value of nodes is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum NodeValue {
    Elevation = c::EN_NodeProperty_EN_ELEVATION as isize,
    Demand = c::EN_NodeProperty_EN_DEMAND as isize,
    Head = c::EN_NodeProperty_EN_HEAD as isize,
    Quality = c::EN_NodeProperty_EN_QUALITY as isize,
    Deficit = c::EN_NodeProperty_EN_DEMANDDEFICIT as isize,
}

/// Which value of links is asked for or set.
#[derive(Debug, Clone, Copy)]
pub(super) enum LinkValue {
    Diameter = c::EN_LinkProperty_EN_DIAMETER as isize,
    Length = c::EN_LinkProperty_EN_LENGTH as isize,
    Roughness = c::EN_LinkProperty_EN_ROUGHNESS as isize,
    InitialStatus = c::EN_LinkProperty_EN_INITSTATUS as isize,
    Flow = c::EN_LinkProperty_EN_FLOW as isize,
    Velocity = c::EN_LinkProperty_EN_VELOCITY as isize,
    Status = c::EN_LinkProperty_EN_STATUS as isize,
    Quality = c::EN_LinkProperty_EN_LINKQUAL as isize,
}

/// Which time of the project, seconds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Time {
    Duration = c::EN_TimeParameter_EN_DURATION as isize,
    ReportStep = c::EN_TimeParameter_EN_REPORTSTEP as isize,
    ReportStart = c::EN_TimeParameter_EN_REPORTSTART as isize,
}

/// What is counted.
#[derive(Debug, Clone, Copy)]
enum Count {
    Nodes = c::EN_CountType_EN_NODECOUNT as isize,
    Links = c::EN_CountType_EN_LINKCOUNT as isize,
}

/// A project that has read its file. Indices of nodes and links count from 0 here, from 1 in EPANET.
#[derive(Debug)]
pub(super) struct Project {
    handle: c::EN_Project,
    num_nodes: usize,
    num_links: usize,
}

/// Why a project could not be made.
#[derive(Debug)]
pub(super) struct Unreadable {
    /// EPANET's code.
    pub(super) code: Code,
    /// What it reported: two lines for each error, the second the line of the file.
    pub(super) report: Vec<u8>,
}

/// `Ok` for success and warnings.
fn good(code: i32) -> Result<(), Code> {
    if code < 100 { Ok(()) } else { Err(Code(code)) }
}

fn c_path(path: &Path) -> CString {
    // a path of the temporary folder; one with a zero byte cannot exist
    CString::new(path.as_os_str().as_encoded_bytes()).unwrap_or_default()
}

fn from_one(index: usize) -> i32 {
    i32::try_from(index + 1).unwrap_or(i32::MAX)
}

impl Project {
    /// Reads a file that [`super::screen`] has let pass; `report` is written to.
    pub(super) fn open(input: &Path, report: &Path) -> Result<Self, Unreadable> {
        let guard = READING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut project = Self {
            handle: ptr::null_mut(),
            num_nodes: 0,
            num_links: 0,
        };
        let (input, output, report_name) = (c_path(input), CString::default(), c_path(report));
        // SAFETY: the handle is a valid place to write to, the names are strings that end in zero and outlive the calls.
        let code = unsafe {
            match c::EN_createproject(&mut project.handle) {
                0 => c::EN_open(project.handle, input.as_ptr(), report_name.as_ptr(), output.as_ptr()),
                _ => 101,
            }
        };
        drop(guard);
        if let Err(code) = good(code) {
            drop(project);
            return Err(Unreadable {
                code,
                report: read_report(report),
            });
        }
        let counted = project.count(Count::Nodes).and_then(|nodes| {
            project.num_nodes = nodes;
            project.num_links = project.count(Count::Links)?;
            Ok(())
        });
        match counted {
            Ok(()) => Ok(project),
            Err(code) => Err(Unreadable { code, report: vec![] }),
        }
    }

    pub(super) fn num_nodes(&self) -> usize {
        self.num_nodes
    }

    pub(super) fn num_links(&self) -> usize {
        self.num_links
    }

    fn count(&self, what: Count) -> Result<usize, Code> {
        let mut count = 0;
        // SAFETY: the handle is open, the count a place to write to.
        good(unsafe { c::EN_getcount(self.handle, what as i32, &mut count) })?;
        usize::try_from(count).map_err(|_| Code(101))
    }

    pub(super) fn node_id(&self, index: usize) -> Result<Vec<u8>, Code> {
        let mut id = [0_u8; ID_BYTES];
        // SAFETY: the room is twice of what EPANET writes, its ending zero included.
        good(unsafe { c::EN_getnodeid(self.handle, from_one(index), id.as_mut_ptr().cast()) })?;
        Ok(id.iter().copied().take_while(|byte| *byte != 0).collect())
    }

    pub(super) fn link_id(&self, index: usize) -> Result<Vec<u8>, Code> {
        let mut id = [0_u8; ID_BYTES];
        // SAFETY: as for nodes.
        good(unsafe { c::EN_getlinkid(self.handle, from_one(index), id.as_mut_ptr().cast()) })?;
        Ok(id.iter().copied().take_while(|byte| *byte != 0).collect())
    }

    /// EPANET's kind of node: 0 junction, 1 reservoir, 2 tank.
    pub(super) fn node_kind(&self, index: usize) -> Result<i32, Code> {
        let mut kind = 0;
        // SAFETY: the handle is open, the kind a place to write to.
        good(unsafe { c::EN_getnodetype(self.handle, from_one(index), &mut kind) })?;
        Ok(kind)
    }

    /// EPANET's kind of link: 0 pipe with check valve, 1 pipe, 2 pump, from 3 on valves.
    pub(super) fn link_kind(&self, index: usize) -> Result<i32, Code> {
        let mut kind = 0;
        // SAFETY: the handle is open, the kind a place to write to.
        good(unsafe { c::EN_getlinktype(self.handle, from_one(index), &mut kind) })?;
        Ok(kind)
    }

    /// First and last node of a link.
    pub(super) fn link_ends(&self, index: usize) -> Result<[usize; 2], Code> {
        let (mut from, mut to) = (0, 0);
        // SAFETY: the handle is open, both ends are places to write to.
        good(unsafe { c::EN_getlinknodes(self.handle, from_one(index), &mut from, &mut to) })?;
        let from_zero = |end: i32| {
            let end = usize::try_from(end - 1).map_err(|_| Code(203))?;
            (end < self.num_nodes).then_some(end).ok_or(Code(203))
        };
        Ok([from_zero(from)?, from_zero(to)?])
    }

    /// Place of a node on the map of the file; `None` where it has none.
    pub(super) fn node_place(&self, index: usize) -> Option<[f64; 2]> {
        let (mut x, mut y) = (0.0, 0.0);
        // SAFETY: the handle is open, both are places to write to.
        let code = unsafe { c::EN_getcoord(self.handle, from_one(index), &mut x, &mut y) };
        (code == 0 && x.is_finite() && y.is_finite()).then_some([x, y])
    }

    /// Places between the ends of a link.
    pub(super) fn link_vertices(&self, index: usize) -> Result<Vec<[f64; 2]>, Code> {
        let mut count = 0;
        // SAFETY: the handle is open, the count a place to write to.
        good(unsafe { c::EN_getvertexcount(self.handle, from_one(index), &mut count) })?;
        let place = |vertex| {
            let (mut x, mut y) = (0.0, 0.0);
            // SAFETY: the handle is open, both are places to write to.
            good(unsafe { c::EN_getvertex(self.handle, from_one(index), vertex, &mut x, &mut y) })?;
            Ok([x, y])
        };
        (1..=count).map(place).collect()
    }

    /// Values of all nodes, in the units of the file.
    pub(super) fn node_values(&self, what: NodeValue, into: &mut Vec<f64>) -> Result<(), Code> {
        into.resize(self.num_nodes, 0.0);
        // SAFETY: EPANET writes one value a node, for which there is room.
        good(unsafe { c::EN_getnodevalues(self.handle, what as i32, into.as_mut_ptr()) })
    }

    /// Values of all links, in the units of the file.
    pub(super) fn link_values(&self, what: LinkValue, into: &mut Vec<f64>) -> Result<(), Code> {
        into.resize(self.num_links, 0.0);
        // SAFETY: EPANET writes one value a link, for which there is room.
        good(unsafe { c::EN_getlinkvalues(self.handle, what as i32, into.as_mut_ptr()) })
    }

    pub(super) fn set_link(&mut self, index: usize, what: LinkValue, value: f64) -> Result<(), Code> {
        // SAFETY: the handle is open; EPANET checks index and value.
        good(unsafe { c::EN_setlinkvalue(self.handle, from_one(index), what as i32, value) })
    }

    /// Adds a demand in the units of the file, constant over time.
    pub(super) fn add_demand(&mut self, index: usize, demand: f64) -> Result<(), Code> {
        let empty = CString::default();
        // SAFETY: the handle is open, both names are empty strings that outlive the call.
        good(unsafe { c::EN_adddemand(self.handle, from_one(index), demand, empty.as_ptr(), empty.as_ptr()) })
    }

    /// EPANET's number of the unit of flow.
    pub(super) fn flow_unit(&self) -> Result<i32, Code> {
        let mut unit = 0;
        // SAFETY: the handle is open, the unit a place to write to.
        good(unsafe { c::EN_getflowunits(self.handle, &mut unit) })?;
        Ok(unit)
    }

    /// The formula of head loss: 0 Hazen–Williams, 1 Darcy–Weisbach, 2 Chezy–Manning.
    pub(super) fn head_loss_formula(&self) -> Result<i32, Code> {
        let mut value = 0.0;
        // SAFETY: the handle is open, the value a place to write to.
        good(unsafe { c::EN_getoption(self.handle, c::EN_Option_EN_HEADLOSSFORM as i32, &mut value) })?;
        Ok(value as i32)
    }

    pub(super) fn time(&self, what: Time) -> Result<i64, Code> {
        let mut seconds = 0;
        // SAFETY: the handle is open, the time a place to write to.
        good(unsafe { c::EN_gettimeparam(self.handle, what as i32, &mut seconds) })?;
        Ok(seconds)
    }

    pub(super) fn set_time(&mut self, what: Time, seconds: i64) -> Result<(), Code> {
        // SAFETY: the handle is open; EPANET checks the value.
        good(unsafe { c::EN_settimeparam(self.handle, what as i32, seconds) })
    }

    /// Opens the hydraulic solver, and that of water age when the file asks for it.
    pub(super) fn start(&mut self, has_age: bool) -> Result<(), Code> {
        // SAFETY: the handle is open; nothing is saved to files.
        unsafe {
            good(c::EN_openH(self.handle))?;
            good(c::EN_initH(self.handle, c::EN_InitHydOption_EN_NOSAVE as i32))?;
            if has_age {
                good(c::EN_openQ(self.handle))?;
                good(c::EN_initQ(self.handle, c::EN_InitHydOption_EN_NOSAVE as i32))?;
            }
        }
        Ok(())
    }

    /// Solves the present moment; gives its time in seconds and EPANET's warning, 0 for none.
    pub(super) fn solve(&mut self, has_age: bool) -> Result<(i64, i32), Code> {
        let (mut now, mut quality_now) = (0, 0);
        // SAFETY: the handle is open and started, the times are places to write to.
        unsafe {
            let warning = c::EN_runH(self.handle, &mut now);
            good(warning)?;
            if has_age {
                good(c::EN_runQ(self.handle, &mut quality_now))?;
            }
            Ok((now, warning))
        }
    }

    /// Goes to the next moment; false at the end.
    pub(super) fn advance(&mut self, has_age: bool) -> Result<bool, Code> {
        let (mut step, mut quality_step) = (0, 0);
        // SAFETY: the handle is open and started, the steps are places to write to.
        unsafe {
            good(c::EN_nextH(self.handle, &mut step))?;
            if has_age {
                good(c::EN_nextQ(self.handle, &mut quality_step))?;
            }
        }
        Ok(step > 0)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // SAFETY: the handle came from `EN_createproject` and is used no more. All of these may be called in any
            // state; `EN_close` also frees what a file that could not be read had taken.
            unsafe {
                c::EN_closeQ(self.handle);
                c::EN_closeH(self.handle);
                c::EN_close(self.handle);
                c::EN_deleteproject(self.handle);
            }
        }
    }
}

/// The beginning of what EPANET reported; empty when it cannot be read.
pub(super) fn read_report(path: &Path) -> Vec<u8> {
    let mut report = vec![];
    let read = std::fs::File::open(path).and_then(|file| file.take(REPORT_BYTES).read_to_end(&mut report));
    if read.is_err() {
        report.clear();
    }
    report
}
