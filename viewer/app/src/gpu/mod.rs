//! GPU device, canvas surface, render targets and what happens when the device is lost.

pub(crate) mod device;
pub(crate) mod device_loss;
pub(crate) mod surface;
