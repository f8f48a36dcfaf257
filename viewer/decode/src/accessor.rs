//! Typed reading of accessors: any component type to floats, integers or bytes.

use crate::DecodeError;
use crate::buffers::Buffers;
use crate::json::Document;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Component {
    I8,
    U8,
    I16,
    U16,
    U32,
    F32,
}

impl Component {
    fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            5120 => Self::I8,
            5121 => Self::U8,
            5122 => Self::I16,
            5123 => Self::U16,
            5125 => Self::U32,
            5126 => Self::F32,
            _ => return None,
        })
    }

    const fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::U32 | Self::F32 => 4,
        }
    }

    /// Value that stands for 1.0 in normalized accessors.
    const fn one(self) -> f32 {
        match self {
            Self::I8 => 127.0,
            Self::U8 => 255.0,
            Self::I16 => 32_767.0,
            Self::U16 => 65_535.0,
            Self::U32 | Self::F32 => 1.0,
        }
    }
}

/// An accessor whose bytes are known to be there.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    stride: usize,
    pub count: usize,
    pub component: Component,
    pub num_components: usize,
    pub normalized: bool,
}

impl<'a> Reader<'a> {
    /// Opens an accessor; its whole range is checked here.
    pub(crate) fn open(document: &Document, buffers: &'a Buffers<'_>, index: usize) -> Result<Self, DecodeError> {
        let at = || format!("accessor {index}");
        let accessor = document
            .accessors
            .get(index)
            .ok_or_else(|| DecodeError::data("no such accessor", at()))?;
        let component = Component::from_code(accessor.component_type)
            .ok_or_else(|| DecodeError::data(format!("unknown component type {}", accessor.component_type), at()))?;
        let num_components = match accessor.shape.as_str() {
            "SCALAR" => 1,
            "VEC2" => 2,
            "VEC3" => 3,
            "VEC4" => 4,
            other => {
                return Err(DecodeError::data(
                    format!("type {other:.20} is no vertex attribute"),
                    at(),
                ));
            }
        };
        if accessor.sparse.is_some() {
            return Err(DecodeError::Unsupported {
                what: format!("sparse accessor {index}"),
            });
        }
        let view = accessor
            .buffer_view
            .ok_or_else(|| DecodeError::data("accessor without data", at()))?;
        let view = buffers.view(view)?;
        let element = component.size() * num_components;
        let stride = view.stride.unwrap_or(element);
        let bytes = view.bytes.get(accessor.byte_offset..).unwrap_or_default();
        let needed = match accessor.count.checked_sub(1) {
            None => Some(0),
            Some(last) => last.checked_mul(stride).and_then(|start| start.checked_add(element)),
        };
        if stride < element || needed.is_none_or(|needed| needed > bytes.len()) {
            return Err(DecodeError::data("accessor past the end of its buffer view", at()));
        }
        Ok(Self {
            bytes,
            stride,
            count: accessor.count,
            component,
            num_components,
            normalized: accessor.normalized,
        })
    }

    /// Elements as raw bytes, `size` bytes each.
    fn elements(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (bytes, stride) = (self.bytes, self.stride);
        let size = self.component.size() * self.num_components;
        (0..self.count).map(move |i| bytes.get(i * stride..i * stride + size).unwrap_or_default())
    }

    /// Calls `each` with the first `N` components of every element as floats; normalized integers become -1…1 or 0…1.
    /// Missing components are 0, but 1 in the fourth place.
    pub(crate) fn for_each_f32<const N: usize>(&self, mut each: impl FnMut(usize, [f32; N])) {
        let scale = if self.normalized {
            1.0 / self.component.one()
        } else {
            1.0
        };
        let is_signed_unit = self.normalized && matches!(self.component, Component::I8 | Component::I16);
        let used = self.num_components.min(N);
        let mut fill = |convert: fn(&[u8], usize) -> f32| {
            for (i, element) in self.elements().enumerate() {
                let mut value = [0.0; N];
                if N == 4 {
                    value[N - 1] = 1.0;
                }
                for (c, slot) in value[..used].iter_mut().enumerate() {
                    *slot = convert(element, c) * scale;
                    if is_signed_unit {
                        *slot = slot.max(-1.0);
                    }
                }
                each(i, value);
            }
        };
        #[expect(
            clippy::cast_precision_loss,
            reason = "32-bit integers in float attributes are exact to 2^24, as the format's own floats"
        )]
        match self.component {
            Component::I8 => fill(|e, c| f32::from(e[c].cast_signed())),
            Component::U8 => fill(|e, c| f32::from(e[c])),
            Component::I16 => fill(|e, c| f32::from(i16::from_le_bytes([e[2 * c], e[2 * c + 1]]))),
            Component::U16 => fill(|e, c| f32::from(u16::from_le_bytes([e[2 * c], e[2 * c + 1]]))),
            Component::U32 => {
                fill(|e, c| u32::from_le_bytes([e[4 * c], e[4 * c + 1], e[4 * c + 2], e[4 * c + 3]]) as f32);
            }
            Component::F32 => fill(|e, c| f32::from_le_bytes([e[4 * c], e[4 * c + 1], e[4 * c + 2], e[4 * c + 3]])),
        }
    }

    /// Calls `each` with the first `N` components of every element as integers: floats are rounded down, negative and
    /// unusable values become `u32::MAX`. Missing components are 0.
    pub(crate) fn for_each_u32<const N: usize>(&self, mut each: impl FnMut(usize, [u32; N])) {
        let used = self.num_components.min(N);
        let mut fill = |convert: fn(&[u8], usize) -> u32| {
            for (i, element) in self.elements().enumerate() {
                let mut value = [0; N];
                for (c, slot) in value[..used].iter_mut().enumerate() {
                    *slot = convert(element, c);
                }
                each(i, value);
            }
        };
        match self.component {
            Component::I8 => fill(|e, c| u32::try_from(e[c].cast_signed()).unwrap_or(u32::MAX)),
            Component::U8 => fill(|e, c| u32::from(e[c])),
            Component::I16 => {
                fill(|e, c| u32::try_from(i16::from_le_bytes([e[2 * c], e[2 * c + 1]])).unwrap_or(u32::MAX));
            }
            Component::U16 => fill(|e, c| u32::from(u16::from_le_bytes([e[2 * c], e[2 * c + 1]]))),
            Component::U32 => fill(|e, c| u32::from_le_bytes([e[4 * c], e[4 * c + 1], e[4 * c + 2], e[4 * c + 3]])),
            Component::F32 => fill(|e, c| {
                let value = f32::from_le_bytes([e[4 * c], e[4 * c + 1], e[4 * c + 2], e[4 * c + 3]]);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "checked range, and rounding down is meant"
                )]
                if (0.0..4_294_967_000.0).contains(&value) {
                    value as u32
                } else {
                    u32::MAX
                }
            }),
        }
    }
}
