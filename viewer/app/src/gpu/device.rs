//! Asks the browser for a GPU device, with an error in place of a panic where there is none.

use crate::engine::frame_loop;
use bevy::render::renderer::{
    RenderAdapter, RenderAdapterInfo, RenderDevice, RenderInstance, RenderQueue, WgpuWrapper,
};
use bevy::render::settings::RenderCreation;
use std::sync::Arc;

/// Opens the device that everything is drawn with.
///
/// Asks for the default limits of WebGPU only, so that every conforming device will do.
///
/// # Errors
/// A sentence for the user: no WebGPU, no adapter, or the adapter refuses a device.
pub(crate) async fn open() -> Result<RenderCreation, String> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::BROWSER_WEBGPU;
    let instance = wgpu::Instance::new(descriptor);
    let adapter = instance
        .request_adapter(&wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        })
        .await
        .map_err(|err| format!("the browser offers no WebGPU adapter ({err})"))?;
    let info = adapter.get_info();
    let (device, queue) = adapter
        .request_device(&wgpu::DeviceDescriptor {
            label: Some("city"),
            ..Default::default()
        })
        .await
        .map_err(|err| format!("the GPU refused a device ({err})"))?;
    // bevy looks for a loss only when a frame runs, and an idle city runs none
    device.set_device_lost_callback(|_, _| frame_loop::request_frame());
    Ok(RenderCreation::manual(
        RenderDevice::new(WgpuWrapper::new(device)),
        RenderQueue(Arc::new(WgpuWrapper::new(queue))),
        RenderAdapterInfo(WgpuWrapper::new(info)),
        RenderAdapter(Arc::new(WgpuWrapper::new(adapter))),
        RenderInstance(Arc::new(WgpuWrapper::new(instance))),
    ))
}
