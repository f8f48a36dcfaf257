//! The report as PDF: a typst document over data and drawings, compiled in this process without files or network.

use std::collections::BTreeMap;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};

const TEMPLATE: &str = include_str!("../../../../assets/reports/pack.typ");
const MAIN: &str = "main.typ";

/// Everything that the document may read.
struct Room {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: FileId,
    source: Source,
    files: BTreeMap<String, Bytes>,
}

impl World for Room {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main {
            Ok(self.source.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        // packages and everything else that is not in the room do not exist
        let name = id.get().vpath().get_without_slash();
        self.files.get(name).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        // a report that knew the day would differ from day to day
        None
    }
}

/// Compiles the report.
///
/// * `files` — `data.json` and the drawings and pictures that it names
/// * `fonts` — font files
/// * `identity` — makes the document's id; equal input, equal bytes
///
/// # Errors
/// What the compiler said.
pub(super) fn compile(
    files: BTreeMap<String, Vec<u8>>,
    fonts: Vec<Vec<u8>>,
    identity: &str,
) -> Result<Vec<u8>, String> {
    let fonts: Vec<Font> = fonts
        .into_iter()
        .flat_map(|data| Font::iter(Bytes::new(data)))
        .collect();
    if fonts.is_empty() {
        return Err("the font files hold no font".to_owned());
    }
    let path = VirtualPath::new(MAIN).map_err(|err| err.to_string())?;
    let main = RootedPath::new(VirtualRoot::Project, path).intern();
    let room = Room {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        main,
        source: Source::new(main, TEMPLATE.to_owned()),
        files: files
            .into_iter()
            .map(|(name, bytes)| (name, Bytes::new(bytes)))
            .collect(),
    };
    let told = |errors: &[typst::diag::SourceDiagnostic]| {
        let lines: Vec<String> = errors.iter().take(5).map(|err| err.message.to_string()).collect();
        format!("the report does not compile: {}", lines.join("; "))
    };
    let compiled = typst::compile(&room);
    for warning in &compiled.warnings {
        tracing::debug!(message = %warning.message, "typst");
    }
    let document = compiled.output.map_err(|errors| told(&errors))?;
    let options = typst_pdf::PdfOptions {
        ident: Smart::Custom(identity.to_owned()),
        creator: Smart::Custom(Some(concat!("Chengjing ", env!("CARGO_PKG_VERSION")).to_owned())),
        timestamp: None,
        ..typst_pdf::PdfOptions::default()
    };
    let pdf = typst_pdf::pdf(&document, &options).map_err(|errors| told(&errors));
    // what the compiler keeps for a next run is of no use to another report
    comemo::evict(0);
    pdf
}
