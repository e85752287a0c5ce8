//! Every program is killed again and again, at whatever it is doing, while reports with and without attachments keep
//! coming: each number that anybody was given is one case in the end, with all its attachments.
//!
//! The moment of a kill is a number of changes in the victim's own folder, drawn from a seed that is printed.

mod chance;
mod crowd;
mod watch;

use std::{collections::BTreeMap, os::unix::process::ExitStatusExt as _, path::PathBuf, process::Output, thread};

use nightsafe_quickstart::{child::Child, layout::Part, programs::Program};
use serde_json::Value;

use self::{
    chance::Chance,
    crowd::{Door, Filed, MARK},
    watch::Changes,
};
use crate::scene::{Scene, programs};

#[test]
fn programs_killed_under_load_lose_nothing_they_acknowledged_and_double_nothing() {
    let mut chance = Chance::drawn();
    eprintln!("NIGHTSAFE_SEED={}", chance.seed());
    let scene = Scene::prepared(programs());
    let (mut site, door) = Running::start(&scene);
    let mut filed = Vec::new();
    for round in 0..chance::rounds() {
        let (victim, moment) = (chance.of(&VICTIMS), chance.below(MOMENTS));
        let changes = Changes::below(&scene.layout().part(victim));
        filed.extend(thread::scope(|scope| {
            let door = &door;
            let file = |client| scope.spawn(move || crowd::file_some(door, round, client));
            let clients: Vec<_> = (0..CLIENTS).map(file).collect();
            changes.wait_for(moment);
            site.kill_and_start(victim, door);
            clients.into_iter().flat_map(|client| client.join().unwrap()).collect::<Vec<_>>()
        }));
    }
    site.end();
    scene.carry();
    assert_eq!(scene.leftovers(), Vec::<PathBuf>::new());
    for part in [Part::LowTransfer, Part::HighTransfer] {
        let status = status(&scene, part);
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    }
    assert_each_is_one_case(&scene, &filed);
}

/// Every program of a site.
struct Running<'a> {
    scene: &'a Scene,
    children: BTreeMap<Part, Child>,
}

impl<'a> Running<'a> {
    fn start(scene: &'a Scene) -> (Self, Door) {
        let (gateway, client) = scene.start_gateway();
        let mut children = BTreeMap::from([(Part::Gateway, gateway)]);
        for part in [Part::LowTransfer, Part::HighTransfer, Part::Internal] {
            children.insert(part, scene.start(part));
        }
        (Self { scene, children }, Door::open(client))
    }

    fn kill_and_start(&mut self, victim: Part, door: &Door) {
        let killed = self.children.remove(&victim).unwrap().kill().unwrap();
        assert_eq!(killed.signal(), Some(9), "{} had ended by itself: {killed}", victim.name());
        let child = if victim == Part::Gateway {
            let (gateway, client) = self.scene.start_gateway();
            door.reopen(client);
            gateway
        } else {
            self.scene.start(victim)
        };
        self.children.insert(victim, child);
    }

    fn end(mut self) {
        for (part, child) in &mut self.children {
            let ended = child.end().unwrap();
            assert!(ended.success(), "{}: {ended}", part.name());
        }
    }
}

fn status(scene: &Scene, part: Part) -> Output {
    let mut command = scene.programs().command(Program::Transfer);
    command.arg("--config").arg(scene.layout().configuration(part)).arg("status").output().unwrap()
}

fn assert_each_is_one_case(scene: &Scene, filed: &[Filed]) {
    let _inside = scene.start_inside();
    for one in filed {
        let cases = scene.inspector().search(&one.number).unwrap();
        assert_eq!(cases.len(), 1, "{}", one.number);
        let shown = scene.inspector().ask(&["show", "--json", &cases[0]]).unwrap();
        let attachments = shown["attachments"].as_array().unwrap();
        assert_eq!(attachments.len(), one.attachments, "{shown:#}");
        assert!(attachments.iter().all(|attachment| attachment["state"] == "arrived"), "{shown:#}");
    }
    let all: Value = scene.inspector().ask(&["search", "--json", MARK]).unwrap();
    assert_eq!(all["total"], filed.len(), "cases that nobody was given a number for, or twice");
    let intact = scene.inspector().ask(&["audit", "verify", "--json"]).unwrap();
    assert_eq!(intact["intact"], true);
}

const VICTIMS: [Part; 4] = [Part::Gateway, Part::LowTransfer, Part::HighTransfer, Part::Internal];
const CLIENTS: usize = 2;
/// Changes in a folder until a kill, at most: one report makes about ten.
const MOMENTS: usize = 60;
