//! What happens when the GPU device is lost: a new one is opened, tiles come anew, everything else is still there.

use crate::engine::bridge::{self, Input};
use crate::engine::frame_loop;
use crate::engine::sketch::SketchLayer;
use crate::gpu::device;
use crate::overlay::OverlayLayers;
use crate::tiles::TileStream;
use bevy::ecs::world::World;
use bevy::render::error_handler::{ErrorType, RenderError, RenderErrorPolicy};
use bevy::render::settings::RenderCreation;
use std::cell::RefCell;
use viewer_core::ViewerEvent;

/// How far the way to a new device has come.
#[derive(Default)]
enum Recovery {
    #[default]
    NotNeeded,
    Opening,
    Opened(Box<RenderCreation>),
    Impossible,
}

thread_local! {
    static RECOVERY: RefCell<Recovery> = const { RefCell::new(Recovery::NotNeeded) };
}

/// Decides what bevy does after an error; asked again each frame until drawing goes on.
pub(crate) fn handle(error: &RenderError, main: &mut World, _render: &mut World) -> RenderErrorPolicy {
    if error.ty != ErrorType::DeviceLost {
        // the frame is lost, the device is not: what was wrong with one frame may be right with the next
        return RenderErrorPolicy::Ignore;
    }
    RECOVERY.with_borrow_mut(|recovery| match std::mem::take(recovery) {
        Recovery::NotNeeded => {
            *recovery = Recovery::Opening;
            bridge::emit(&ViewerEvent::DeviceLost { recovered: false });
            wasm_bindgen_futures::spawn_local(open_another());
            RenderErrorPolicy::StopRendering
        }
        Recovery::Opened(creation) => {
            main.resource_mut::<TileStream>().forget_ready();
            main.resource_mut::<SketchLayer>().forget();
            main.resource_mut::<OverlayLayers>().forget();
            // the device and what hangs on it are taken up over the next frames
            frame_loop::request_frame();
            RenderErrorPolicy::Recover(*creation)
        }
        waiting @ (Recovery::Opening | Recovery::Impossible) => {
            *recovery = waiting;
            RenderErrorPolicy::StopRendering
        }
    })
}

/// Tells that the renderer stands on the new device.
pub(crate) fn finish() {
    bridge::emit(&ViewerEvent::DeviceLost { recovered: true });
}

async fn open_another() {
    let opened = device::open().await;
    RECOVERY.with_borrow_mut(|recovery| {
        *recovery = match opened {
            Ok(creation) => Recovery::Opened(Box::new(creation)),
            Err(message) => {
                bridge::emit(&ViewerEvent::Failed {
                    code: "device".to_owned(),
                    message,
                });
                Recovery::Impossible
            }
        };
    });
    bridge::push(Input::DeviceRecovered);
}
