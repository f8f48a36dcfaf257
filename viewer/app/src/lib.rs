//! The browser viewer: bevy's app and render world around an own city renderer; wasm only, entered through [`web`].
//!
//! | folder | does |
//! |---|---|
//! | `engine` | app, frame loop, inbox of commands and inputs, statistics |
//! | `camera` | pointer, touch, wheel and keys to the camera of viewer-core |
//! | `tiles` | workers, selection, uploads, memory |
//! | `gpu` | device, canvas surface, loss of the device, render targets |
//! | `material` | pipelines, scene uniform, feature table, the draw itself |
//! | `overlay` | layers of simulations over the city |
//! | `shadow`, `sky` | shadow map of the sun; light and colours by the hour |
//!
//! bevy's own 3D stack (`bevy_pbr`, `bevy_core_pipeline`) is not used: a tile is one draw call of one own pipeline,
//! drawn front to back relative to the eye, which on a software renderer is ten times quicker than stock materials.

#![cfg(target_arch = "wasm32")]

mod camera;
mod engine;
mod gpu;
mod material;
mod overlay;
mod shadow;
mod sky;
mod tiles;
pub mod web;
