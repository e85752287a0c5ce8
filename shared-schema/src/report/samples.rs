//! The committed samples, for the tests of this crate.

use serde_json::Value;

/// A sample's `report`.
pub(crate) fn report(text: &str) -> Value {
    let sample: Value = serde_json::from_str(text).unwrap();
    sample["report"].clone()
}

/// Every sample that a gateway accepts.
pub(crate) const ACCEPTED: [(&str, &str); 7] = [
    ("01", VILLAGE_BULLY),
    ("02", include_str!("../../../tests/data/samples/02_gang_internet_sextortion_noplace.json")),
    ("04", RARE_CHARACTERS),
    ("05", POLICE_CHIEF),
    ("08", SECTOR),
    ("09", MARKET),
    ("12", include_str!("../../../tests/data/samples/12_gang_imminent_danger_crossprov.json")),
];

pub(crate) const VILLAGE_BULLY: &str = include_str!("../../../tests/data/samples/01_gang_village_bully_umbrella.json");
pub(crate) const RARE_CHARACTERS: &str =
    include_str!("../../../tests/data/samples/04_gang_soft_violence_collection.json");
pub(crate) const POLICE_CHIEF: &str = include_str!("../../../tests/data/samples/05_polit_county_police_chief.json");
pub(crate) const SECTOR: &str = include_str!("../../../tests/data/samples/08_sector_construction.json");
pub(crate) const MARKET: &str = include_str!("../../../tests/data/samples/09_sector_minimal_elderly.json");
pub(crate) const BAD_ATTACHMENT: &str =
    include_str!("../../../tests/data/samples/06_polit_court_unit_bad_attachment.json");
