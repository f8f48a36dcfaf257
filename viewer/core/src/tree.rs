//! The tile tree: what tileset files say, in the scene's ENU frame, grown as external tilesets arrive.
//!
//! The tree holds specification fields only; what is loaded and drawn lives in [`crate::states::TileStates`].

use crate::url;
use crate::volume::Volume;
use crate::wire::{ContentJson, TileJson, TilesetJson};
use city_model::tileset::Refine;
use glam::DMat4;

/// Deepest tree that is read; real ones have about ten levels.
const MAX_DEPTH: u16 = 200;
/// Most tiles of one tree.
const MAX_TILES: usize = 4_000_000;

/// A tile of a tree; stays valid while the tree lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId(pub u32);

impl TileId {
    /// The root of a tree that has one.
    pub const ROOT: Self = Self(0);

    /// Place in per-tile arrays.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a content address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentKind {
    /// A model that is drawn.
    Model,
    /// An external tileset whose root becomes the child of the tile.
    Tileset,
}

/// Content of a tile.
#[derive(Debug, Clone, PartialEq)]
pub struct TileContent {
    /// Resolved address.
    pub url: String,
    /// Model or tileset.
    pub kind: ContentKind,
    /// Encoded size, where the tileset says.
    pub encoded_bytes: Option<u64>,
    /// Triangles, where the tileset says.
    pub triangles: Option<u64>,
    /// Features, where the tileset says.
    pub features: Option<u64>,
}

/// A tile as the specification has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    /// Tile above.
    pub parent: Option<TileId>,
    /// Tiles below, in file order.
    pub children: Vec<TileId>,
    /// Levels below the root.
    pub depth: u16,
    /// Bounding volume, ENU metres.
    pub volume: Volume,
    /// Error in metres when this tile is drawn and its children are not.
    pub geometric_error_m: f64,
    /// How the children relate to this tile.
    pub refine: Refine,
    /// From the tile's z-up frame to the scene's ENU frame.
    pub enu_from_tile: DMat4,
    /// Content, if any.
    pub content: Option<TileContent>,
    /// Layer group, an index into [`TileTree::groups`].
    pub group: Option<u16>,
    /// The tile is looked at only from inside this volume.
    pub request_volume: Option<Volume>,
    /// False when a new revision has dropped the tile.
    pub is_live: bool,
}

impl Tile {
    /// True when the tile has a model to draw.
    pub fn has_model(&self) -> bool {
        self.content
            .as_ref()
            .is_some_and(|content| content.kind == ContentKind::Model)
    }

    /// True when the tile stands for an external tileset.
    pub fn has_tileset(&self) -> bool {
        self.content
            .as_ref()
            .is_some_and(|content| content.kind == ContentKind::Tileset)
    }
}

/// Why a tileset file cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The text is no tileset JSON.
    #[error("not a tileset: {reason} in {url}")]
    Json {
        /// The parser's words.
        reason: String,
        /// Address of the file.
        url: String,
    },
    /// Something of the specification that is not read yet.
    #[error("unsupported: {what} in {url}")]
    Unsupported {
        /// What.
        what: String,
        /// Address of the file.
        url: String,
    },
    /// The tree would be absurdly deep or large, or refers to itself.
    #[error("tileset is too deep or too large: {what} in {url}")]
    TooLarge {
        /// Which limit.
        what: String,
        /// Address of the file.
        url: String,
    },
    /// There is no such tile, or it is no external tileset.
    #[error("tile {tile:?} takes no tileset")]
    NoSuchTile {
        /// The tile.
        tile: TileId,
    },
}

/// What a new revision of a tileset file changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeChange {
    /// Tiles that are new.
    pub added: Vec<TileId>,
    /// Tiles that are gone: what they hold is to be freed.
    pub removed: Vec<TileId>,
    /// Tiles whose content has a new address: what they hold may be drawn until the new content is there.
    pub changed: Vec<TileId>,
}

/// All tiles known so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TileTree {
    tiles: Vec<Tile>,
    groups: Vec<String>,
    credits: Vec<String>,
    enu_from_ecef: DMat4,
}

/// What children inherit.
#[derive(Clone, Copy)]
struct Inherited {
    parent: Option<TileId>,
    depth: u16,
    refine: Refine,
    enu_from_parent: DMat4,
    group: Option<u16>,
}

impl TileTree {
    /// An empty tree.
    ///
    /// * `enu_from_ecef` — inverse of the manifest's `ecef_from_enu`; places tilesets in the scene
    pub fn new(enu_from_ecef: DMat4) -> Self {
        Self {
            tiles: Vec::new(),
            groups: Vec::new(),
            credits: Vec::new(),
            enu_from_ecef,
        }
    }

    /// Number of tiles, dropped ones included: length of per-tile arrays.
    pub fn len(&self) -> usize {
        self.tiles.len()
    }

    /// True before the root file has been read.
    pub fn is_empty(&self) -> bool {
        self.tiles.is_empty()
    }

    /// A tile.
    pub fn get(&self, id: TileId) -> Option<&Tile> {
        self.tiles.get(id.index())
    }

    /// All tiles by ascending id, dropped ones included.
    pub fn iter(&self) -> impl Iterator<Item = (TileId, &Tile)> {
        (0..).map(TileId).zip(&self.tiles)
    }

    /// Names of layer groups, in the order in which they were met.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// Attributions (`asset.copyright`) met so far, without repeats.
    pub fn credits(&self) -> &[String] {
        &self.credits
    }

    /// Reads the root file, first or anew. A tile of the old revision that stands at the same place is kept, with a
    /// new content address where it has one, so that the picture stays while the new content arrives.
    ///
    /// # Errors
    /// [`TreeError`]; the tree is then as it was.
    pub fn set_root(&mut self, address: &str, text: &str) -> Result<TreeChange, TreeError> {
        let tileset = self.parse(address, text)?;
        let inherited = Inherited {
            parent: None,
            depth: 0,
            refine: Refine::Replace,
            enu_from_parent: self.enu_from_ecef,
            group: None,
        };
        let mut change = TreeChange::default();
        if self.is_empty() {
            self.add(address, &tileset.root, inherited, &mut change)?;
        } else {
            self.merge(address, TileId::ROOT, &tileset.root, inherited, &mut change)?;
        }
        Ok(change)
    }

    /// Reads an external tileset and hangs its root below the tile that refers to it, or merges it with what hangs there.
    ///
    /// # Errors
    /// [`TreeError`]; the tree is then as it was.
    pub fn graft(&mut self, tile: TileId, text: &str) -> Result<TreeChange, TreeError> {
        let Some(Tile {
            content: Some(content),
            depth,
            refine,
            enu_from_tile,
            group,
            children,
            is_live: true,
            ..
        }) = self.get(tile)
        else {
            return Err(TreeError::NoSuchTile { tile });
        };
        let (address, existing) = (content.url.clone(), children.first().copied());
        if content.kind != ContentKind::Tileset {
            return Err(TreeError::NoSuchTile { tile });
        }
        let inherited = Inherited {
            parent: Some(tile),
            depth: depth + 1,
            refine: *refine,
            enu_from_parent: *enu_from_tile,
            group: *group,
        };
        if self.refers_to_itself(tile, &address) {
            return Err(TreeError::TooLarge {
                what: "refers to itself".to_owned(),
                url: address,
            });
        }
        let tileset = self.parse(&address, text)?;
        let mut change = TreeChange::default();
        match existing {
            Some(child) => self.merge(&address, child, &tileset.root, inherited, &mut change)?,
            None => {
                let child = self.add(&address, &tileset.root, inherited, &mut change)?;
                if let Some(tile) = self.tiles.get_mut(tile.index()) {
                    tile.children.push(child);
                }
            }
        }
        Ok(change)
    }

    fn parse(&mut self, address: &str, text: &str) -> Result<TilesetJson, TreeError> {
        let url = || address.to_owned();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let tileset: TilesetJson = serde_json::from_str(text).map_err(|err| TreeError::Json {
            reason: err.to_string(),
            url: url(),
        })?;
        if !matches!(tileset.asset.version.as_str(), "0.0" | "1.0" | "1.1") {
            return Err(TreeError::Unsupported {
                what: format!("3D Tiles version {:.20}", tileset.asset.version),
                url: url(),
            });
        }
        self.check(address, &tileset.root, &mut 0)?;
        if let Some(credit) = tileset
            .asset
            .copyright
            .as_ref()
            .filter(|c| !c.is_empty() && !self.credits.contains(c))
        {
            self.credits.push(credit.clone());
        }
        Ok(tileset)
    }

    /// Refuses what cannot be read before anything is changed.
    fn check(&self, address: &str, tile: &TileJson, num_tiles: &mut usize) -> Result<(), TreeError> {
        let url = || address.to_owned();
        *num_tiles += 1;
        if self.tiles.len() + *num_tiles > MAX_TILES {
            return Err(TreeError::TooLarge {
                what: format!("more than {MAX_TILES} tiles"),
                url: url(),
            });
        }
        if tile.implicit_tiling.is_some() {
            return Err(TreeError::Unsupported {
                what: "implicit tiling".to_owned(),
                url: url(),
            });
        }
        if tile.contents.len() > 1 {
            return Err(TreeError::Unsupported {
                what: "several contents in one tile".to_owned(),
                url: url(),
            });
        }
        // JSON nesting is bounded by the parser, so this recursion is too
        tile.children
            .iter()
            .try_for_each(|child| self.check(address, child, num_tiles))
    }

    fn refers_to_itself(&self, tile: TileId, address: &str) -> bool {
        let mut above = self.get(tile).and_then(|t| t.parent);
        while let Some(tile) = above.and_then(|id| self.get(id)) {
            if tile.content.as_ref().is_some_and(|content| content.url == address) {
                return true;
            }
            above = tile.parent;
        }
        false
    }

    /// Spec fields of a tile without its children.
    fn read(&mut self, address: &str, json: &TileJson, inherited: Inherited) -> Result<Tile, TreeError> {
        let url = || address.to_owned();
        if inherited.depth > MAX_DEPTH {
            return Err(TreeError::TooLarge {
                what: format!("more than {MAX_DEPTH} levels"),
                url: url(),
            });
        }
        let own = json.transform.as_ref().map_or(DMat4::IDENTITY, DMat4::from_cols_array);
        let enu_from_tile = inherited.enu_from_parent * own;
        let volume =
            Volume::from_spec(&json.bounding_volume, &enu_from_tile, &self.enu_from_ecef).ok_or_else(|| {
                TreeError::Json {
                    reason: "a tile without a finite bounding volume".to_owned(),
                    url: url(),
                }
            })?;
        let request_volume = json
            .viewer_request_volume
            .as_ref()
            .and_then(|v| Volume::from_spec(v, &enu_from_tile, &self.enu_from_ecef));
        let group = match json.extras.as_ref().and_then(|extras| extras.group.as_deref()) {
            Some(name) => self.group_index(name),
            None => inherited.group,
        };
        let content = json
            .content
            .as_ref()
            .or(json.contents.first())
            .filter(|c| !c.uri.is_empty());
        Ok(Tile {
            parent: inherited.parent,
            children: Vec::new(),
            depth: inherited.depth,
            volume,
            geometric_error_m: json.geometric_error.filter(|e| e.is_finite()).unwrap_or(0.0).max(0.0),
            refine: json.refine.unwrap_or(inherited.refine),
            enu_from_tile,
            content: content.map(|content| read_content(address, content)),
            group,
            request_volume,
            is_live: true,
        })
    }

    fn group_index(&mut self, name: &str) -> Option<u16> {
        let place = self.groups.iter().position(|g| g == name).unwrap_or_else(|| {
            self.groups.push(name.to_owned());
            self.groups.len() - 1
        });
        u16::try_from(place).ok()
    }

    fn add(
        &mut self,
        address: &str,
        json: &TileJson,
        inherited: Inherited,
        change: &mut TreeChange,
    ) -> Result<TileId, TreeError> {
        let tile = self.read(address, json, inherited)?;
        let below = Inherited {
            refine: tile.refine,
            enu_from_parent: tile.enu_from_tile,
            group: tile.group,
            ..inherited
        };
        let id = TileId(u32::try_from(self.tiles.len()).unwrap_or(u32::MAX));
        self.tiles.push(tile);
        change.added.push(id);
        self.add_children(address, id, json, below, change)?;
        Ok(id)
    }

    fn add_children(
        &mut self,
        address: &str,
        id: TileId,
        json: &TileJson,
        below: Inherited,
        change: &mut TreeChange,
    ) -> Result<(), TreeError> {
        let inherited = Inherited {
            parent: Some(id),
            depth: below.depth + 1,
            ..below
        };
        let mut children = Vec::with_capacity(json.children.len());
        for child in &json.children {
            children.push(self.add(address, child, inherited, change)?);
        }
        if let Some(tile) = self.tiles.get_mut(id.index()) {
            tile.children = children;
        }
        Ok(())
    }

    /// Takes a new description of a tile that stands at the same place.
    fn merge(
        &mut self,
        address: &str,
        id: TileId,
        json: &TileJson,
        inherited: Inherited,
        change: &mut TreeChange,
    ) -> Result<(), TreeError> {
        let fresh = self.read(address, json, inherited)?;
        let below = Inherited {
            refine: fresh.refine,
            enu_from_parent: fresh.enu_from_tile,
            group: fresh.group,
            ..inherited
        };
        let Some(old) = self.tiles.get_mut(id.index()) else {
            return Err(TreeError::NoSuchTile { tile: id });
        };
        let children = std::mem::take(&mut old.children);
        let (old_content, new_content) = (old.content.clone(), fresh.content.clone());
        *old = fresh;
        let url_of = |content: &Option<TileContent>| content.as_ref().map(|c| c.url.clone());
        let was_external = old_content.as_ref().is_some_and(|c| c.kind == ContentKind::Tileset);
        let is_external = new_content.as_ref().is_some_and(|c| c.kind == ContentKind::Tileset);
        if url_of(&old_content) != url_of(&new_content) {
            change.changed.push(id);
        }
        if was_external && is_external {
            // what hangs below belongs to the external file; it is merged when that file arrives
            old.children = children;
            return Ok(());
        }
        if was_external != is_external || children.len() != json.children.len() {
            children.into_iter().for_each(|child| self.drop_below(child, change));
            return self.add_children(address, id, json, below, change);
        }
        let inherited = Inherited {
            parent: Some(id),
            depth: below.depth + 1,
            ..below
        };
        for (child, json) in children.iter().zip(&json.children) {
            self.merge(address, *child, json, inherited, change)?;
        }
        if let Some(tile) = self.tiles.get_mut(id.index()) {
            tile.children = children;
        }
        Ok(())
    }

    fn drop_below(&mut self, id: TileId, change: &mut TreeChange) {
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            if let Some(tile) = self.tiles.get_mut(id.index()) {
                tile.is_live = false;
                stack.append(&mut tile.children);
                change.removed.push(id);
            }
        }
    }
}

fn read_content(address: &str, content: &ContentJson) -> TileContent {
    let url = url::join(address, &content.uri);
    let extras = content.extras.unwrap_or_default();
    TileContent {
        kind: if url::is_tileset(&url) {
            ContentKind::Tileset
        } else {
            ContentKind::Model
        },
        url,
        encoded_bytes: extras.bytes,
        triangles: extras.triangles,
        features: extras.features,
    }
}
