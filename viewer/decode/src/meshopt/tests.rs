//! Our decoder beside the native library: same bytes for the same stream, errors instead of panics for any other.

use super::*;
use meshopt::ffi;
use proptest::prelude::*;

/// Encodes with the native library, vertex codec version 0.
#[expect(
    unsafe_code,
    reason = "the safe wrapper takes the stride from a type; the tests need it as a number"
)]
fn encode_vertices(data: &[u8], stride: usize) -> Vec<u8> {
    let count = data.len() / stride;
    // SAFETY: the pointers and lengths belong to live slices; the buffer has the size that the library asks for.
    unsafe {
        let mut out = vec![0; ffi::meshopt_encodeVertexBufferBound(count, stride)];
        let len = ffi::meshopt_encodeVertexBufferLevel(
            out.as_mut_ptr(),
            out.len(),
            data.as_ptr().cast(),
            count,
            stride,
            2,
            0,
        );
        out.truncate(len);
        out
    }
}

#[expect(unsafe_code, reason = "as above")]
fn native_decode_vertices(encoded: &[u8], count: usize, stride: usize) -> Option<Vec<u8>> {
    let mut out = vec![0_u8; count * stride];
    // SAFETY: the output has count × stride bytes, the input its own length.
    let code = unsafe {
        ffi::meshopt_decodeVertexBuffer(out.as_mut_ptr().cast(), count, stride, encoded.as_ptr(), encoded.len())
    };
    (code == 0).then_some(out)
}

/// Bytes of mixed smoothness: runs, small steps and noise, so that all four group modes occur.
fn mixed_bytes(len: usize) -> impl Strategy<Value = Vec<u8>> {
    (any::<u64>(), 0_u8..4).prop_map(move |(seed, roughness)| {
        let mut state = seed | 1;
        let mut value = 0_u8;
        (0..len)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let step = match (state >> 60) & 3 {
                    r if (r as u8) < roughness => (state >> 32) as u8,
                    _ => (state >> 40) as u8 & roughness,
                };
                value = value.wrapping_add(step);
                value
            })
            .collect()
    })
}

/// The worked example of the specification, mode 0, 4-bit sentinel coding.
#[test]
fn the_deltas_of_the_specification() {
    let group = [0x17, 0x5f, 0xf0, 0xbc, 0x77, 0xa9, 0x21, 0x00, 0x34, 0xb5];
    // stride 4: the first byte has the example's group, the others none; the tail is 32 bytes with the last 4 the base
    let mut stream = vec![0xa0, 0b10];
    stream.extend_from_slice(&group);
    stream.extend_from_slice(&[0, 0, 0]);
    stream.extend_from_slice(&[0; 32]);
    let out = decode_vertex_buffer(&stream, 16, 4).unwrap();
    let mut value = 0_i8;
    for (element, delta) in out
        .chunks(4)
        .zip([-1, -4, -3, 26, -91, 0, -6, 6, -4, -4, 5, -5, 1, -1, 0, 0_i8])
    {
        value = value.wrapping_add(delta);
        assert_eq!(element, [value.cast_unsigned(), 0, 0, 0]);
    }
}

#[test]
fn wrong_streams_are_errors() {
    assert_eq!(decode_vertex_buffer(&[], 0, 4), Err(MeshoptError::Header { found: 0 }));
    assert_eq!(
        decode_vertex_buffer(&[0xa1; 64], 1, 4),
        Err(MeshoptError::Header { found: 0xa1 })
    );
    assert_eq!(decode_vertex_buffer(&[0xa0; 64], 1, 6), Err(MeshoptError::Layout));
    assert_eq!(decode_vertex_buffer(&[0xa0; 64], 1, 260), Err(MeshoptError::Layout));
    // a huge count in a small stream is refused before anything is allocated
    assert_eq!(
        decode_vertex_buffer(&[0xa0; 64], usize::MAX / 8, 4),
        Err(MeshoptError::Length)
    );
    assert_eq!(
        decode_vertex_buffer(&[0xa0; 64], usize::MAX, 4),
        Err(MeshoptError::Layout)
    );
    assert_eq!(decode_index_buffer(&[0xe1; 64], 4), Err(MeshoptError::Layout));
    assert_eq!(
        decode_index_buffer(&[0xe1; 64], usize::MAX / 3 * 3),
        Err(MeshoptError::Length)
    );
    assert_eq!(
        decode_index_sequence(&[0xd1; 64], usize::MAX),
        Err(MeshoptError::Length)
    );
    assert_eq!(
        decode_index_sequence(&[0xe1; 64], 3),
        Err(MeshoptError::Header { found: 0xe1 })
    );
}

proptest! {
    #[test]
    fn vertices_come_back(stride in (1_usize..=64).prop_map(|s| s * 4), count in 0_usize..700, pool in mixed_bytes(256 * 700)) {
        let data = &pool[..stride * count];
        let encoded = encode_vertices(data, stride);
        let decoded = decode_vertex_buffer(&encoded, count, stride).unwrap();
        prop_assert_eq!(&decoded, data);
        prop_assert_eq!(native_decode_vertices(&encoded, count, stride), Some(decoded));
    }

    #[test]
    fn triangles_come_back(indices in prop::collection::vec(0_u32..400, 0..900)) {
        let indices = &indices[..indices.len() / 3 * 3];
        let encoded = meshopt::encode_index_buffer(indices, 400).unwrap();
        let native: Vec<u32> = meshopt::decode_index_buffer(&encoded, indices.len()).unwrap();
        prop_assert_eq!(decode_index_buffer(&encoded, indices.len()).unwrap(), native);
    }

    /// A grid in strip order uses the edge and vertex FIFOs heavily.
    #[test]
    fn grids_come_back(width in 2_u32..40, height in 2_u32..40, huge in any::<bool>()) {
        let base = if huge { 3_000_000_000 } else { 0 };
        let mut indices = Vec::new();
        for y in 0..height - 1 {
            for x in 0..width - 1 {
                let i = base + y * width + x;
                indices.extend([i, i + 1, i + width, i + 1, i + width + 1, i + width]);
            }
        }
        let encoded = meshopt::encode_index_buffer(&indices, 4_000_000_000).unwrap();
        let native: Vec<u32> = meshopt::decode_index_buffer(&encoded, indices.len()).unwrap();
        prop_assert_eq!(decode_index_buffer(&encoded, indices.len()).unwrap(), native);
    }

    #[test]
    fn sequences_come_back(indices in prop::collection::vec(0_u32..1 << 30, 0..300)) {
        let encoded = meshopt::encode_index_sequence(&indices, 1 << 30).unwrap();
        prop_assert_eq!(decode_index_sequence(&encoded, indices.len()).unwrap(), indices);
    }

    #[test]
    fn garbage_never_panics_and_agrees_with_the_library(mut bytes in prop::collection::vec(any::<u8>(), 40..400), header in 0..3, count in 0_usize..200) {
        bytes[0] = [0xa0, 0xe1, 0xd1][header as usize];
        match header {
            0 => {
                if let Ok(out) = decode_vertex_buffer(&bytes, count, 8) {
                    prop_assert_eq!(Some(out), native_decode_vertices(&bytes, count, 8));
                }
            }
            1 => { let _unused = decode_index_buffer(&bytes, count / 3 * 3); }
            _ => { let _unused = decode_index_sequence(&bytes, count); }
        }
    }

    /// A stream with one byte changed decodes to the right length or fails; it never runs on.
    #[test]
    fn damaged_streams_keep_their_length(pool in mixed_bytes(12 * 300), at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let mut encoded = encode_vertices(&pool, 12);
        let at = 1 + at.index(encoded.len() - 1);
        encoded[at] = value;
        if let Ok(out) = decode_vertex_buffer(&encoded, 300, 12) {
            prop_assert_eq!(out.len(), pool.len());
        }
    }

    #[test]
    fn octahedral_normals_come_back(x in -1.0..1.0_f32, y in -1.0..1.0_f32, z in -1.0..1.0_f32, bits in 4..=16) {
        let length = (x * x + y * y + z * z).sqrt();
        prop_assume!(length > 0.01);
        let unit = [[x / length, y / length, z / length, 1.0]];
        let mut native = meshopt::encode_filter_oct::<i16>(&unit, bits);
        let mut ours = le_bytes(&native);
        meshopt::decode_filter_oct(&mut native);
        decode_octahedral_16(&mut ours);
        assert_close(&ours, &native)?;
        if bits <= 8 {
            let mut native = meshopt::encode_filter_oct::<i8>(&unit, bits);
            let mut ours: Vec<u8> = native[0].iter().map(|c| c.cast_unsigned()).collect();
            meshopt::decode_filter_oct(&mut native);
            decode_octahedral_8(&mut ours);
            for (a, b) in ours.iter().zip(native[0]) {
                prop_assert!((i32::from(a.cast_signed()) - i32::from(b)).abs() <= 1);
            }
        }
    }

    #[test]
    fn quaternions_come_back(x in -1.0..1.0_f32, y in -1.0..1.0_f32, z in -1.0..1.0_f32, w in -1.0..1.0_f32, bits in 4..=16) {
        let length = (x * x + y * y + z * z + w * w).sqrt();
        prop_assume!(length > 0.01);
        let mut native = meshopt::encode_filter_quat(&[[x / length, y / length, z / length, w / length]], bits);
        let mut ours = le_bytes(&native);
        meshopt::decode_filter_quat(&mut native);
        decode_quaternion(&mut ours);
        assert_close(&ours, &native)?;
    }

    #[test]
    fn exponential_floats_come_back(v in prop::array::uniform3(-1.0e9..1.0e9_f32), bits in 1..=24) {
        let mut native = meshopt::encode_filter_exp::<3>(&[v], bits, meshopt::EncodeExpMode::Separate);
        let mut ours: Vec<u8> = native[0].iter().flat_map(|c| c.to_le_bytes()).collect();
        meshopt::decode_filter_exp(&mut native);
        decode_exponential(&mut ours);
        let expect: Vec<u8> = native[0].iter().flat_map(|c| c.to_le_bytes()).collect();
        prop_assert_eq!(ours, expect);
    }

    #[test]
    fn filters_take_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        for filter in [decode_octahedral_8, decode_octahedral_16, decode_quaternion, decode_exponential] {
            filter(&mut bytes.clone());
        }
    }
}

fn le_bytes(values: &[[i16; 4]]) -> Vec<u8> {
    values.iter().flatten().flat_map(|c| c.to_le_bytes()).collect()
}

/// The specification allows one unit in the last place between decoders.
fn assert_close(ours: &[u8], native: &[[i16; 4]]) -> Result<(), TestCaseError> {
    for (bytes, b) in ours.chunks(2).zip(native.iter().flatten()) {
        let a = i16::from_le_bytes([bytes[0], bytes[1]]);
        prop_assert!((i32::from(a) - i32::from(*b)).abs() <= 1, "{a} {b}");
    }
    Ok(())
}
