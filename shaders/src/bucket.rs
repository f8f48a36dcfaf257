//! Buckets: triangles of a tile that one pipeline draws.

/// A bucket; its number is the constant `bucket` of the city shader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Bucket {
    /// Plain colours, roofs, leaves, glass.
    Flat = 0,
    /// Outer walls.
    Wall = 1,
    /// Carriageways and tracks.
    Road = 2,
    /// Terrain, lawns, paving.
    Ground = 3,
    /// Water.
    Water = 4,
    /// Pipes.
    Pipe = 5,
    /// Projects and zones: drawn last, translucent.
    Blended = 6,
}

impl Bucket {
    /// Number of buckets.
    pub const COUNT: usize = 7;

    /// Every bucket in the order of a tile's index buffer.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Flat,
        Self::Wall,
        Self::Road,
        Self::Ground,
        Self::Water,
        Self::Pipe,
        Self::Blended,
    ];

    /// Opaque buckets in drawing order: what stands comes before the ground that it hides.
    pub const OPAQUE: [Self; 6] = [
        Self::Wall,
        Self::Flat,
        Self::Pipe,
        Self::Road,
        Self::Water,
        Self::Ground,
    ];

    /// Bucket of a surface kind (the low four bits of `_SURFACE`, `city_model::style::SurfaceKind`).
    ///
    /// ```
    /// assert_eq!(shaders::Bucket::of_kind(7), shaders::Bucket::Water);
    /// ```
    pub const fn of_kind(kind: u8) -> Self {
        match kind & 15 {
            1 => Self::Wall,
            5 | 9 => Self::Road,
            4 | 6 | 8 => Self::Ground,
            7 => Self::Water,
            10 => Self::Pipe,
            13 | 14 => Self::Blended,
            _ => Self::Flat,
        }
    }
}
