//! Pool of decode workers: jobs go to the least busy one, replies come to the mailbox as plain Rust data.

use crate::engine::bridge::{self, Input};
use crate::material::mesh::{ImageData, PrimitiveData};
use js_sys::{Array, Float32Array, Object, Reflect, Uint8Array, Uint32Array};
use std::cell::RefCell;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

/// Most workers that are of use: more only wait for the network.
const MAX_WORKERS: u32 = 4;

/// Number of a job, given back with its reply.
pub(crate) type JobId = u32;

/// What a worker says.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A decoded tile.
    Loaded {
        /// Job.
        id: JobId,
        /// Buffers.
        tile: LoadedTile,
    },
    /// Text of a `.json` file.
    Json {
        /// Job.
        id: JobId,
        /// File.
        text: String,
    },
    /// The job or the worker failed; `None` when no job is known.
    Failed {
        /// Job.
        id: Option<JobId>,
        /// Address and reason.
        message: String,
    },
}

/// A tile as the worker decoded it.
#[derive(Debug)]
pub(crate) struct LoadedTile {
    /// Origin of positions in the tile's frame, metres.
    pub(crate) origin: [f64; 3],
    /// Features in it.
    pub(crate) num_features: u32,
    /// Buffers.
    pub(crate) primitives: Vec<PrimitiveData>,
}

struct Slot {
    worker: Worker,
    jobs: Vec<JobId>,
    // called by the browser as long as the worker lives
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(web_sys::ErrorEvent)>,
}

thread_local! {
    static ADOPTED: RefCell<Vec<Worker>> = const { RefCell::new(Vec::new()) };
}

/// Keeps workers for the next pool.
pub(crate) fn adopt(workers: Vec<Worker>) {
    ADOPTED.set(workers);
}

/// The pool. Not `Send`: lives as a non-send resource.
pub(crate) struct WorkerPool {
    slots: Vec<Slot>,
    next_id: JobId,
}

impl WorkerPool {
    /// Starts the workers.
    ///
    /// # Errors
    /// The browser's reason when a worker cannot be made.
    pub(crate) fn new(
        worker_url: &str,
        decode_js_url: &str,
        decode_wasm_url: &str,
        num_workers: u32,
    ) -> Result<Self, String> {
        let mut adopted = ADOPTED.take().into_iter();
        let slots = (0..num_workers.clamp(1, MAX_WORKERS))
            .map(|_| match adopted.next() {
                Some(worker) => Ok(Slot::around(worker)),
                None => Slot::start(worker_url, decode_js_url, decode_wasm_url),
            })
            .collect::<Result<Vec<_>, JsValue>>()
            .map_err(|err| format!("decode worker {worker_url}: {err:?}"))?;
        Ok(Self { slots, next_id: 0 })
    }

    /// Jobs at a time: workers are asked for more once a frame, and where frames are slow they would wait for it. The browser
    /// keeps the requests in line, and what is no longer wanted is cancelled.
    pub(crate) fn capacity(&self) -> usize {
        (self.slots.len() * 8).max(24)
    }

    /// Fetches and decodes an address.
    pub(crate) fn load(&mut self, url: &str) -> JobId {
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1);
        if let Some(slot) = self.slots.iter_mut().min_by_key(|slot| slot.jobs.len()) {
            slot.jobs.push(id);
            slot.post(&[("type", "load".into()), ("id", id.into()), ("url", url.into())]);
        }
        id
    }

    /// Gives a job up; no reply will come.
    pub(crate) fn cancel(&mut self, id: JobId) {
        for slot in &mut self.slots {
            if let Some(at) = slot.jobs.iter().position(|job| *job == id) {
                slot.jobs.swap_remove(at);
                slot.post(&[("type", "cancel".into()), ("id", id.into())]);
            }
        }
    }

    /// Notes that a job has its reply; false when it was cancelled before.
    pub(crate) fn finish(&mut self, id: JobId) -> bool {
        self.slots.iter_mut().any(|slot| {
            let found = slot.jobs.iter().position(|job| *job == id);
            found.map(|at| slot.jobs.swap_remove(at)).is_some()
        })
    }
}

impl Slot {
    fn start(worker_url: &str, decode_js_url: &str, decode_wasm_url: &str) -> Result<Self, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let slot = Self::around(Worker::new_with_options(worker_url, &options)?);
        slot.post(&[
            ("type", "init".into()),
            ("decode_js_url", decode_js_url.into()),
            ("decode_wasm_url", decode_wasm_url.into()),
        ]);
        Ok(slot)
    }

    /// A worker that was told to load its decoder.
    fn around(worker: Worker) -> Self {
        let on_message = Closure::new(|event: MessageEvent| {
            let data = event.data();
            let reply = read_reply(&data).unwrap_or_else(|| Reply::Failed {
                id: None,
                message: "unreadable reply of a worker".to_owned(),
            });
            bridge::push(Input::Worker(reply));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let on_error = Closure::new(|event: web_sys::ErrorEvent| {
            bridge::push(Input::Worker(Reply::Failed {
                id: None,
                message: event.message(),
            }));
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Self {
            worker,
            jobs: Vec::new(),
            _on_message: on_message,
            _on_error: on_error,
        }
    }

    fn post(&self, members: &[(&str, JsValue)]) {
        let message = Object::new();
        for (key, value) in members {
            // setting a member of a fresh object cannot fail
            Reflect::set(&message, &JsValue::from_str(key), value).ok();
        }
        if let Err(err) = self.worker.post_message(&message) {
            bevy::log::warn!(?err, "worker does not take messages");
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    Reflect::get(object, &JsValue::from_str(key))
        .ok()
        .filter(|value| !value.is_undefined() && !value.is_null())
}

fn read_reply(data: &JsValue) -> Option<Reply> {
    let kind = get(data, "type")?.as_string()?;
    let id = get(data, "id").and_then(|id| id.as_f64()).map(|id| id as JobId);
    match kind.as_str() {
        "json" => Some(Reply::Json {
            id: id?,
            text: get(data, "text")?.as_string()?,
        }),
        "loaded" => Some(Reply::Loaded {
            id: id?,
            tile: read_tile(&get(data, "tile")?)?,
        }),
        "failed" => Some(Reply::Failed {
            id,
            message: get(data, "message")?.as_string()?,
        }),
        _ => None,
    }
}

fn read_tile(tile: &JsValue) -> Option<LoadedTile> {
    let numbers = Array::from(&get(tile, "origin")?);
    let origin = [
        numbers.get(0).as_f64()?,
        numbers.get(1).as_f64()?,
        numbers.get(2).as_f64()?,
    ];
    let num_features = get(tile, "features")?.as_f64()? as u32;
    let primitives = Array::from(&get(tile, "primitives")?)
        .iter()
        .map(|p| read_primitive(&p))
        .collect::<Option<Vec<_>>>()?;
    Some(LoadedTile {
        origin,
        num_features,
        primitives,
    })
}

fn read_primitive(primitive: &JsValue) -> Option<PrimitiveData> {
    let image = match get(primitive, "image") {
        Some(image) => Some(ImageData {
            width: get(&image, "width")?.as_f64()? as u32,
            height: get(&image, "height")?.as_f64()? as u32,
            rgba: get(&image, "rgba")?.dyn_into::<Uint8Array>().ok()?.to_vec(),
        }),
        None => None,
    };
    let uvs = match get(primitive, "uv") {
        Some(uvs) => Some(uvs.dyn_into::<Float32Array>().ok()?.to_vec()),
        None => None,
    };
    Some(PrimitiveData {
        positions: get(primitive, "positions")?.dyn_into::<Float32Array>().ok()?.to_vec(),
        attributes: get(primitive, "attributes")?.dyn_into::<Uint32Array>().ok()?.to_vec(),
        indices: get(primitive, "indices")?.dyn_into::<Uint32Array>().ok()?.to_vec(),
        uvs,
        image,
    })
}
