//! Filters that follow the vertex codec: octahedral, quaternion, exponential; each in place.

/// Unit vectors of four signed bytes: x, y octahedral, z the encoded 1.0, w untouched.
///
/// # Source
/// EXT_meshopt_compression, appendix B, "Filter 1: octahedral".
pub fn decode_octahedral_8(data: &mut [u8]) {
    for v in data.as_chunks_mut::<4>().0 {
        let [x, y, z] = octahedral([v[0], v[1], v[2]].map(|c| f32::from(c.cast_signed())), 127.0);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounded components of a unit vector times 127 fit"
        )]
        {
            v[0] = (x as i8).cast_unsigned();
            v[1] = (y as i8).cast_unsigned();
            v[2] = (z as i8).cast_unsigned();
        }
    }
}

/// Unit vectors of four signed shorts, as [`decode_octahedral_8`].
pub fn decode_octahedral_16(data: &mut [u8]) {
    for v in data.as_chunks_mut::<8>().0 {
        let input = shorts(v);
        let [x, y, z] = octahedral([input[0], input[1], input[2]].map(f32::from), 32767.0);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounded components of a unit vector times 32767 fit"
        )]
        write_shorts(v, [x as i16, y as i16, z as i16, input[3]]);
    }
}

/// Unit quaternions of four signed shorts: three components, then 1.0 with the index of the largest component.
///
/// # Source
/// EXT_meshopt_compression, appendix B, "Filter 2: quaternion".
pub fn decode_quaternion(data: &mut [u8]) {
    for v in data.as_chunks_mut::<8>().0 {
        let input = shorts(v);
        let scale = std::f32::consts::FRAC_1_SQRT_2 / f32::from(input[3] | 3);
        let [x, y, z] = [input[0], input[1], input[2]].map(|c| f32::from(c) * scale);
        let w = (1.0 - x * x - y * y - z * z).max(0.0).sqrt();
        let largest = (input[3] & 3).cast_unsigned() as usize;
        let mut output = [0_i16; 4];
        for (offset, value) in [(1, x), (2, y), (3, z), (0, w)] {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "components of a unit quaternion times 32767 fit; others saturate"
            )]
            {
                output[(largest + offset) % 4] = round_half_away(value * 32767.0) as i16;
            }
        }
        write_shorts(v, output);
    }
}

/// Floats of a signed 8-bit exponent (high byte) and a signed 24-bit mantissa.
///
/// # Source
/// EXT_meshopt_compression, appendix B, "Filter 3: exponential".
pub fn decode_exponential(data: &mut [u8]) {
    for v in data.as_chunks_mut::<4>().0 {
        let bits = i32::from_le_bytes(*v);
        let exponent = bits >> 24;
        let mantissa = (bits << 8) >> 8;
        // 2^e built from its bits, as the exponent is specified to lie in -100..=100
        let power = f32::from_bits((exponent.wrapping_add(127) << 23).cast_unsigned());
        #[expect(clippy::cast_precision_loss, reason = "24 bits with sign are exact in f32")]
        {
            *v = (power * mantissa as f32).to_le_bytes();
        }
    }
}

fn octahedral(input: [f32; 3], max: f32) -> [f32; 3] {
    let [x, y, one] = input;
    // x and y stay scaled by `one`: the normalization takes it out
    let z = one - x.abs() - y.abs();
    let t = z.min(0.0);
    let x = x + if x >= 0.0 { t } else { -t };
    let y = y + if y >= 0.0 { t } else { -t };
    let scale = max / (x * x + y * y + z * z).sqrt();
    [x, y, z].map(|c| round_half_away(c * scale))
}

fn round_half_away(v: f32) -> f32 {
    (v + if v >= 0.0 { 0.5 } else { -0.5 }).trunc()
}

fn shorts(v: &[u8; 8]) -> [i16; 4] {
    [0, 2, 4, 6].map(|i| i16::from_le_bytes([v[i], v[i + 1]]))
}

fn write_shorts(v: &mut [u8; 8], values: [i16; 4]) {
    for (slot, value) in v.as_chunks_mut::<2>().0.iter_mut().zip(values) {
        *slot = value.to_le_bytes();
    }
}
