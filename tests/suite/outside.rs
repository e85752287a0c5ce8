//! What rests outside tells nothing: strings planted in a report, and about who sent it, are nowhere to be found
//! (promise 2).

use std::{fs, path::PathBuf, process::Command};

use data_encoding::{BASE64, HEXLOWER};
use nightsafe_quickstart::layout::Part;

use crate::scene::{Scene, files_below, items_below, programs, sample};

#[test]
fn strings_planted_in_a_report_rest_nowhere_outside() {
    let scene = Scene::prepared(programs());
    let (mut gateway, address) = scene.start_with_address(Part::Gateway);
    let mut report = sample("01").report;
    report["facts"]["narrative"] = format!("{NARRATIVE}，二〇二六年三月发生，请核查。").into();
    report["reporter"]["phone"] = PHONE.into();
    report["evidence"]["attachments"][0]["name"] = format!("{FILE_NAME}.jpg").into();
    // In the temporary folder, not in the site: the search below must not find the sender's own copy.
    let letter = tempfile::tempdir().unwrap();
    let posted = letter.path().join("posted.json");
    fs::write(&posted, report.to_string()).unwrap();
    let mut numbers = Vec::new();
    for headers in [["x-forwarded-for: 203.0.113.77", "referer: https://canary-referer.example/"]; 2] {
        let answer = Command::new("curl")
            .args(["--silent", "--cacert"])
            .arg(scene.layout().authority())
            .args(["-A", USER_AGENT, "-H", headers[0], "-H", headers[1], "-H", "cookie: canary-cookie=1"])
            .args(["-H", "content-type: application/json", "--data-binary"])
            .arg(format!("@{}", posted.display()))
            .arg(format!("https://{address}/api/v1/reports?canary-query=1"))
            .output()
            .unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
        numbers.push(answer["clue_number"].as_str().unwrap_or_else(|| panic!("{answer}")).replace(' ', ""));
    }
    // One that is refused, whose words must not stay either.
    let refused = format!("{{\"{NARRATIVE}\": \"{PHONE}\"}}");
    let answer = scene.client(address).file_report(refused.as_bytes(), None).unwrap();
    assert_eq!(answer.status, 422, "{}", answer.body);
    gateway.end();
    for part in [Part::LowTransfer, Part::HighTransfer] {
        assert!(scene.once(part, None).status.success());
    }

    let mut planted = vec![
        NARRATIVE.to_owned(),
        PHONE.to_owned(),
        FILE_NAME.to_owned(),
        USER_AGENT.to_owned(),
        "203.0.113.77".to_owned(),
        "canary-referer".to_owned(),
        "canary-cookie".to_owned(),
        "canary-query".to_owned(),
    ];
    planted.extend(numbers.iter().cloned());
    planted.extend(numbers.iter().map(|number| grouped(number)));
    let outside = outside(&scene);
    assert!(outside.len() > 8, "{outside:?}");
    let mut found = Vec::new();
    for path in &outside {
        let bytes = fs::read(path).unwrap();
        for text in planted.iter().filter(|text| holds(&bytes, text)) {
            found.push(format!("{text} in {}", path.display()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));

    // Control: the strings did cross, and the same search finds them where the item has been opened.
    let item = &items_below(&scene.layout().medium())[0];
    let identity = scene.layout().keys().join("intake.key");
    let opened = Command::new("age").arg("-d").arg("-i").arg(identity).arg(item).output().unwrap().stdout;
    for text in [NARRATIVE, PHONE, FILE_NAME] {
        assert!(holds(&opened, text), "{text}");
    }
    assert!(numbers.iter().any(|number| holds(&opened, number) || holds(&opened, &grouped(number))));
}

/// Everything that lies outside or on the medium, logs of both transfers included.
fn outside(scene: &Scene) -> Vec<PathBuf> {
    let layout = scene.layout();
    let folders = [layout.part(Part::Gateway), layout.part(Part::LowTransfer), layout.medium()];
    let logs = [Part::Gateway, Part::LowTransfer, Part::HighTransfer].map(|part| layout.log(part));
    let high = layout.part(Part::HighTransfer);
    let configuration = layout.configuration(Part::Gateway);
    folders
        .iter()
        .chain([&high])
        .flat_map(|folder| files_below(folder))
        .chain(logs.into_iter().filter(|log| log.exists()))
        // It says where to listen.
        .filter(|path| *path != configuration)
        .collect()
}

/// Whether bytes hold a text as it is, as JSON escapes it, in hex or in base64 at any alignment.
fn holds(bytes: &[u8], text: &str) -> bool {
    let escaped: String = text
        .encode_utf16()
        .map(
            |unit| if unit < 128 { char::from_u32(unit.into()).unwrap().to_string() } else { format!("\\u{unit:04x}") },
        )
        .collect();
    let mut forms = vec![text.as_bytes().to_vec(), escaped.into_bytes(), HEXLOWER.encode(text.as_bytes()).into_bytes()];
    for padding in 0..3 {
        let mut padded = vec![0; padding];
        padded.extend(text.as_bytes());
        padded.truncate(padded.len() / 3 * 3);
        let encoded = BASE64.encode(&padded);
        forms.push(encoded.as_bytes()[4.min(encoded.len())..].to_vec());
    }
    forms.iter().filter(|form| form.len() > 5).any(|form| bytes.windows(form.len()).any(|window| window == form))
}

fn grouped(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

const NARRATIVE: &str = "金丝雀藏在第七块青石板下面";
const PHONE: &str = "14400077123";
const FILE_NAME: &str = "canary-file-name";
const USER_AGENT: &str = "CanaryAgent/7.7.7";
