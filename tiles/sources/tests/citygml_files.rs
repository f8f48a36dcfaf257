//! CityGML `urf`: a real file, and broken ones.

#[cfg(test)]
mod tests {
    use city_model::{FeatureClass, Report, Shape};
    use city_sources::{Format, MemorySink, ReadOptions, citygml, read_path, sniff_path};
    use std::path::{Path, PathBuf};

    fn kofu() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/citygml/kofu_urf.gml")
    }

    fn read_text(text: &str) -> (Result<(), String>, MemorySink, Report) {
        let mut sink = MemorySink::default();
        let mut report = Report::new("text");
        let options = ReadOptions::default();
        let result = citygml::read_from(text.as_bytes(), Path::new("text.gml"), &options, &mut sink, &mut report);
        (result.map_err(|err| err.to_string()), sink, report)
    }

    #[test]
    fn real_projects_of_kofu_come_whole() {
        assert_eq!(sniff_path(&kofu()).unwrap().format, Format::CityGmlUrf);
        let mut sink = MemorySink::default();
        let mut report = Report::new("kofu");
        read_path(&kofu(), &ReadOptions::default(), &mut sink, &mut report).unwrap();
        assert_eq!(
            (report.features_read, report.features_quarantined),
            (27, 0),
            "{:?}",
            report.issues
        );
        assert_eq!(sink.datasets[0].crs.as_ref().unwrap().name(), "EPSG:6697");
        assert!(sink.features.iter().all(|f| f.class == FeatureClass::Project));
        let mut ids: Vec<&str> = sink.features.iter().map(|f| f.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 27);
        let (mut polygons, mut holes) = (0, 0);
        for feature in &sink.features {
            let Shape::Footprint(footprint) = &feature.geometry.shapes[0].shape else {
                panic!("{}", feature.id)
            };
            polygons += footprint.polygons.len();
            for rings in &footprint.polygons {
                holes += rings.len() - 1;
                for p in rings.iter().flatten() {
                    // longitude before latitude
                    assert!((138.53..138.62).contains(&p.x) && (35.59..35.67).contains(&p.y), "{p}");
                }
            }
        }
        assert_eq!((polygons, holes), (30, 2));
        let first = &sink.features[0];
        assert_eq!(first.attributes["name"], "南西団地（市営団地）");
        assert_eq!(first.attributes["function"], "12");
        assert!(!first.attributes.contains_key("responsible_unit"), "不明 is unknown");
        assert!(!first.attributes.contains_key("year_start"), "the year 1 is unknown");
    }

    fn member(polygon: &str) -> String {
        format!(
            r#"<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml"
 xmlns:u="https://www.geospatial.jp/iur/urf/3.1"><gml:boundedBy><gml:Envelope srsName="EPSG:6668" srsDimension="2"/></gml:boundedBy>
<gml:boundedBy><gml:Envelope srsName="http://www.opengis.net/def/crs/EPSG/0/6668" srsDimension="2"><gml:lowerCorner>0 0</gml:lowerCorner></gml:Envelope></gml:boundedBy>
<core:cityObjectMember><u:LandReadjustmentProject gml:id="a"><gml:name>A &amp; B</gml:name><u:validFrom>2021-04-01</u:validFrom>
<u:custodian>市役所</u:custodian><u:lod1MultiSurface><gml:MultiSurface><gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing>
<gml:posList>{polygon}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></u:lod1MultiSurface>
</u:LandReadjustmentProject></core:cityObjectMember>
<core:cityObjectMember><u:UseDistrict gml:id="z"><u:lod1MultiSurface><gml:MultiSurface><gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing>
<gml:posList>35 138 35 138.1 35.1 138.1 35 138</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></u:lod1MultiSurface>
</u:UseDistrict></core:cityObjectMember>
<core:cityObjectMember><core:Other/></core:cityObjectMember></core:CityModel>"#
        )
    }

    #[test]
    fn attributes_and_zones_are_normalised() {
        let (result, sink, report) = read_text(&member("35 138 35 138.1 35.1 138.1 35 138"));
        result.unwrap();
        let [project, zone] = sink.features.as_slice() else {
            panic!("{:?}", report.issues)
        };
        assert_eq!(project.attributes["name"], "A & B");
        assert_eq!(project.attributes["responsible_unit"], "市役所");
        assert_eq!(project.attributes["year_start"], 2021);
        assert_eq!(
            (zone.class, &zone.attributes["zone_class"]),
            (FeatureClass::Zone, &"UseDistrict".into())
        );
    }

    #[test]
    fn a_broken_ring_costs_its_project_only() {
        for ring in [
            "35 138 35 138.1",
            "35 138 x 138.1 35.1 138.1",
            "35 138 35 138.1 NaN 1 35 138",
            "",
            "1 2 3",
        ] {
            let (result, sink, report) = read_text(&member(ring));
            result.unwrap();
            assert_eq!(sink.features.len(), 1, "{ring}");
            assert_eq!(report.features_quarantined, 1, "{ring}");
            assert_eq!(report.issues[0].feature.as_deref(), Some("a"));
        }
    }

    #[test]
    fn hostile_xml_ends_with_an_error() {
        let deep = "<a>".repeat(200_000);
        let whole = member("35 138 35 138.1 35.1 138.1 35 138");
        for text in [
            deep.as_str(),
            "<a><b></a>",
            &whole[..whole.len() / 2],
            "<CityModel",
            "\u{0}\u{1}<",
        ] {
            let (result, ..) = read_text(text);
            assert!(result.is_err(), "{:?}", &text[..text.len().min(40)]);
        }
        // entities are not expanded
        let bomb = r#"<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]>"#;
        let named = whole.replace("A &amp; B", "A&y;B");
        let (result, sink, _) = read_text(&format!("{bomb}{named}"));
        result.unwrap();
        assert_eq!(sink.features[0].attributes["name"], "AB");
    }
}
