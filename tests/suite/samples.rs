//! Every sample report from the gateway to the analyst, on the running programs: what each file says it expects is looked
//! for from outside, in the gateway's answer and in `nightsafe-internal show --json`.

use std::{collections::BTreeMap, fs};

use nightsafe_quickstart::{
    child::Child,
    client::{Answer, Client},
    layout::Part,
    run::samples_folder,
    samples::{self, Sample},
};
use serde_json::{Value, json};

use crate::scene::{Scene, programs};

#[test]
fn every_sample_is_what_its_file_expects_on_the_running_programs() {
    let scene = Scene::prepared(programs());
    let running = Running::of(&scene);
    let mut filed = BTreeMap::new();
    for sample in samples::read_all(&samples_folder()).unwrap() {
        if let Some(accepted) = running.file(sample) {
            filed.insert(accepted.name.clone(), accepted);
        }
    }
    assert!(filed.len() >= 8, "the samples are there");
    for accepted in filed.values_mut() {
        accepted.find(&scene);
    }
    for accepted in filed.values() {
        accepted.holds(&scene, &filed);
    }
}

/// All parts as the quickstart wires them.
struct Running {
    client: Client,
    _children: Vec<Child>,
}

/// A sample that the gateway took.
struct Accepted {
    name: String,
    expect: Value,
    number: String,
    case: String,
}

impl Running {
    fn of(scene: &Scene) -> Self {
        let inside = scene.start_inside();
        let transfers = [Part::HighTransfer, Part::LowTransfer].map(|part| scene.start(part));
        let (gateway, client) = scene.start_gateway();
        Self { client, _children: [inside, gateway].into_iter().chain(transfers).collect() }
    }

    /// Files a sample; what the gateway says must be what the file says. A sample that is refused for a file of a wrong
    /// kind is filed again without it, if the file says what happens then.
    fn file(&self, sample: Sample) -> Option<Accepted> {
        let expect = expectation(&sample.name);
        let answer = self.client.file(&sample).unwrap();
        answered(&sample.name, &answer, &expect);
        let after = expect.as_object().unwrap().iter().find_map(|(key, after)| {
            key.strip_prefix(AFTER_REMOVING).map(|extension| (extension.to_owned(), after.clone()))
        });
        let (number, expect) = match after {
            None => (answer.body["clue_number"].as_str().map(str::to_owned), expect),
            Some((extension, after)) => {
                let mended = without(&sample, &extension);
                let answer = self.client.file(&mended).unwrap();
                answered(&sample.name, &answer, &after);
                (answer.body["clue_number"].as_str().map(str::to_owned), after)
            }
        };
        let number = number?;
        Some(Accepted { name: sample.name, expect, number, case: String::new() })
    }
}

impl Accepted {
    /// Waits until the case is there, and until its attachments are.
    fn find(&mut self, scene: &Scene) {
        self.case = scene.inspector().wait_for(&self.number).unwrap();
        scene.inspector().wait_for_attachments(&self.case).unwrap();
    }

    fn holds(&self, scene: &Scene, filed: &BTreeMap<String, Self>) {
        let Self { name, expect, case, .. } = self;
        let shown = scene.inspector().ask(&["show", "--json", case]).unwrap();
        for field in ["priority", "alarm", "disposition"] {
            if let Some(wanted) = expect.get(field) {
                assert_eq!(shown[field], *wanted, "{name}: {field} in {shown:#}");
            }
        }
        if let Some(tasks) = expect.get("tasks") {
            assert_eq!(told(&shown["tasks"]), told(tasks), "{name}: {shown:#}");
        }
        let forbidden: Vec<&Value> = listed(&shown["forbidden"]).map(|entry| &entry["unit"]).collect();
        for unit in listed(&expect["forbidden"]) {
            assert!(forbidden.contains(&unit), "{name}: {unit} is not forbidden: {forbidden:?}");
        }
        if let Some(link) = expect.get("link") {
            let other = &filed[link["to"].as_str().unwrap().trim_end_matches(".json")];
            for (one, to) in [(case, &other.case), (&other.case, case)] {
                scene.inspector().wait_for_link(one, &link["kind"], to).unwrap();
            }
        }
    }
}

fn answered(name: &str, answer: &Answer, expect: &Value) {
    assert_eq!(u64::from(answer.status), expect["http"].as_u64().unwrap(), "{name}: {}", answer.body);
    if let Some(code) = expect.get("error") {
        let errors = listed(&answer.body["errors"]).map(|error| &error["code"]).collect::<Vec<_>>();
        assert!(errors.contains(&code), "{name}: {errors:?}");
    }
}

fn expectation(name: &str) -> Value {
    let text = fs::read_to_string(samples_folder().join(name).with_extension("json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["_meta"]["expect"].take()
}

/// The same report without its attachments of an extension.
fn without(sample: &Sample, extension: &str) -> Sample {
    let mut mended = sample.clone();
    let stays = |name: &str| !name.ends_with(&format!(".{extension}"));
    let declared = mended.report.pointer_mut("/evidence/attachments").and_then(Value::as_array_mut).unwrap();
    declared.retain(|entry| stays(entry["name"].as_str().unwrap()));
    mended.uploads.retain(|upload| stays(&upload.name));
    assert_ne!(mended.uploads.len(), sample.uploads.len(), "{}: there is none", sample.name);
    mended
}

/// Tasks to compare: part and unit as they are, copies in any order, none if there are none.
fn told(tasks: &Value) -> Vec<Value> {
    let one = |task: &Value| {
        let mut copies: Vec<&Value> = listed(&task["copies"]).collect();
        copies.sort_by_key(ToString::to_string);
        json!({ "part": task["part"], "unit": task["unit"], "copies": copies })
    };
    listed(tasks).map(one).collect()
}

fn listed(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

const AFTER_REMOVING: &str = "after_removing_";
