//! The gateway is killed again and again at whatever it is doing while clients keep filing: each number that anybody was
//! given is one case in the end.

use std::{
    env,
    sync::{Mutex, mpsc},
    thread,
};

use nightsafe_quickstart::layout::Part;
use serde_json::Value;

use crate::scene::{Scene, items_below, programs, sample};

#[test]
fn a_gateway_killed_under_load_again_and_again_loses_no_number_it_gave() {
    let scene = Scene::prepared(programs());
    let mut given = Vec::new();
    for round in 0..rounds() {
        let (mut gateway, client) = scene.start_gateway();
        let acknowledged = Mutex::new(Vec::new());
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            for one in 0..CLIENTS {
                let (client, acknowledged, tell) = (client.clone(), &acknowledged, tell.clone());
                scope.spawn(move || {
                    for turn in 0.. {
                        let report = report(round, one, turn).to_string();
                        // The first failure is the kill.
                        let Ok(answer) = client.file_report(report.as_bytes(), None) else { return };
                        assert_eq!(answer.status, 201, "{}", answer.body);
                        acknowledged.lock().unwrap().push(answer.body["clue_number"].as_str().unwrap().to_owned());
                        tell.send(()).unwrap();
                    }
                });
            }
            for _ in 0..3 + round % 7 {
                told.recv().unwrap();
            }
            gateway.kill();
        });
        given.append(&mut acknowledged.into_inner().unwrap());
    }
    let (mut gateway, _) = scene.start_gateway();
    gateway.end();
    assert_eq!(scene.leftovers(), Vec::<std::path::PathBuf>::new());
    let outbox = scene.layout().part(Part::Gateway).join("outbox");
    let items = items_below(&outbox).len();
    assert!(items >= given.len(), "{items} items for {} numbers", given.len());

    scene.carry();
    let _inside = scene.start_inside();
    for number in &given {
        assert_eq!(scene.found(number), 1, "{number}");
    }
}

fn report(round: usize, client: usize, turn: usize) -> Value {
    let mut report = sample("09").report;
    report["facts"]["narrative"] =
        format!("第{round}轮第{client}人第{turn}份：柳叶镇菜市场摆摊每天要交卫生费。").into();
    report
}

fn rounds() -> usize {
    if env::var_os("NIGHTSAFE_FULL").is_some() { 200 } else { 5 }
}

const CLIENTS: usize = 4;
