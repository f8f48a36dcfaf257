//! What CityJSON's type names mean here.

use city_model::{FeatureClass, SurfaceSemantic};

/// Class of a city object type of any version, and whether the name says no more than the class.
///
/// Returns `None` for names of no version that are no extension either.
pub(crate) fn class_of(kind: &str) -> Option<(FeatureClass, bool)> {
    use FeatureClass as C;
    Some(match kind {
        "Building" => (C::Building, true),
        "BuildingPart" => (C::BuildingPart, true),
        "BuildingInstallation" => (C::BuildingInstallation, true),
        "BuildingConstructiveElement" | "BuildingFurniture" => (C::BuildingElement, false),
        "BuildingStorey" => (C::Storey, true),
        "BuildingRoom" | "BuildingUnit" => (C::Space, false),
        "Bridge" => (C::Bridge, true),
        "BridgePart"
        | "BridgeInstallation"
        | "BridgeConstructiveElement"
        | "BridgeConstructionElement"
        | "BridgeRoom"
        | "BridgeFurniture" => (C::Bridge, false),
        "Tunnel" => (C::Tunnel, true),
        "TunnelPart" | "TunnelInstallation" | "TunnelConstructiveElement" | "TunnelHollowSpace" | "TunnelFurniture" => {
            (C::Tunnel, false)
        }
        "Road" => (C::Road, true),
        "TransportSquare" | "Track" | "TransportationComplex" => (C::Road, false),
        "Railway" => (C::Railway, true),
        "Waterway" => (C::Water, false),
        "WaterBody" => (C::Water, true),
        "PlantCover" => (C::PlantCover, true),
        "SolitaryVegetationObject" => (C::Tree, true),
        "LandUse" => (C::LandUse, true),
        "TINRelief" => (C::Terrain, true),
        "CityFurniture" => (C::CityFurniture, true),
        "OtherConstruction" => (C::OtherConstruction, true),
        "GenericCityObject" => (C::Generic, true),
        "CityObjectGroup" => (C::Generic, false),
        extension if extension.starts_with('+') => (C::Generic, false),
        _ => return None,
    })
}

/// Meaning of a semantic surface type; extensions and closures are unknown.
pub(crate) fn semantic_of(kind: &str) -> SurfaceSemantic {
    use SurfaceSemantic as S;
    match kind {
        "WallSurface" => S::Wall,
        "RoofSurface" => S::Roof,
        "GroundSurface" | "WaterGroundSurface" => S::Ground,
        "OuterCeilingSurface" | "OuterFloorSurface" => S::Overhang,
        "Window" => S::Window,
        "Door" => S::Door,
        "WaterSurface" => S::Water,
        "TrafficArea" | "AuxiliaryTrafficArea" | "TransportationMarking" | "TransportationHole" => S::Traffic,
        "InteriorWallSurface" | "CeilingSurface" | "FloorSurface" => S::Interior,
        _ => S::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_the_specifications_has_a_class() {
        // first-level and second-level types of 2.0.1, and the two names that older versions differ in
        let names = "Bridge BridgePart BridgeInstallation BridgeConstructiveElement BridgeRoom BridgeFurniture Building \
            BuildingPart BuildingInstallation BuildingConstructiveElement BuildingFurniture BuildingStorey BuildingRoom \
            BuildingUnit CityFurniture CityObjectGroup GenericCityObject LandUse OtherConstruction PlantCover \
            SolitaryVegetationObject TINRelief TransportSquare Railway Road Tunnel TunnelPart TunnelInstallation \
            TunnelConstructiveElement TunnelHollowSpace TunnelFurniture WaterBody Waterway BridgeConstructionElement";
        for name in names.split_whitespace() {
            assert!(class_of(name).is_some(), "{name}");
        }
        assert_eq!(class_of("+Potato"), Some((FeatureClass::Generic, false)));
        assert_eq!(class_of("House"), None);
    }
}
