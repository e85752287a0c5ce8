//! The report form, walked as a browser without scripts walks it.

use crate::site::{Site, sample};
use crate::walk::{Walk, number};

#[test]
fn every_flow_can_be_reached_from_the_start_page_and_filed() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let start = client.get("/");
    for slug in ["officers", "gang", "sector"] {
        assert!(start.body.contains(&format!("href=\"/report/{slug}\"")), "{slug}");
        let check = Walk::begin(&client, &format!("/report/{slug}")).least(slug);
        assert!(check.page.body.contains("强收摊位费"), "everything answered is shown");
        let first = number(&check.send("send", &[]));
        assert_eq!(number(&check.send("send", &[])), first, "a second press is the same submission");
    }
    serving.kill();
    assert_eq!(site.assert_outbox_is_whole(), 6);
}

#[test]
fn errors_are_named_first_and_nothing_typed_is_lost() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let who =
        Walk::begin(&client, "/report/gang/who").fill("subjects[0].name", "我的<b>“名”").press("next").expect(422);
    let page = &who.page.body;
    assert!(page.contains("<title>出错："));
    assert_eq!(who.value("subjects[0].name"), "我的<b>“名”", "kept, and escaped");
    assert!(!page.contains("我的<b>"));
    for (anchor, words) in [("subjects-0--kind", "请选择个人或单位"), ("facts-place-detail", "请填写详细地点")]
    {
        assert!(page.contains(&format!("href=\"#{anchor}\"")), "{anchor}");
        assert!(
            page.contains(&format!("id=\"{anchor}-error\"")) && page.contains(&format!("id=\"{anchor}\"")),
            "{anchor}"
        );
        assert!(page.matches(words).count() >= 2, "the same words above and beside: {words}");
    }
    assert!(!page.contains("请至少写 10 个字"), "what later pages ask for is not asked for here");
    // One press mends it.
    let mended = who.fill("subjects[0].kind", "individual").fill("facts.place.detail", "不清楚");
    let what = mended.tick("notice_ack.accepted", "yes").press("next").expect(200);
    assert!(what.has("facts.narrative") && !what.has("subjects[0].name"));
}

#[test]
fn what_was_answered_can_be_changed_from_the_check() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let check = Walk::begin(&client, "/report/gang").least("gang");
    let what = check.press("edit:what").expect(200);
    assert_eq!(what.value("facts.title"), "强收摊位费");
    let check = what.fill("facts.title", "改过的标题").press("next").expect(200);
    assert!(check.has("declaration.truthful") && check.page.body.contains("改过的标题"), "straight back to the check");
    // Back from there does without the change.
    let what = check.press("edit:what").fill("facts.narrative", "短").press("back").expect(200);
    let refused = what.tick("declaration.truthful", "yes").press("send").expect(422);
    assert!(refused.page.body.contains("value=\"edit:what\">请至少写 10 个字"), "{}", refused.page.body);
    let what = refused.press("edit:what").expect(200);
    assert!(what.page.body.contains("id=\"facts-narrative-error\""), "named there too");
    let check = what.fill("facts.narrative", "每天早上有三个人来收钱，不交就掀摊。").press("next").expect(200);
    check.tick("declaration.truthful", "yes").press("send").number();
}

#[test]
fn back_loses_nothing() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let check = Walk::begin(&client, "/report/officers").least("officers");
    let mut walk = check;
    for _ in 0..3 {
        walk = walk.press("back").expect(200);
    }
    assert_eq!(walk.value("subjects[0].system"), "POLICE");
    for _ in 0..3 {
        walk = walk.press("next").expect(200);
    }
    walk.tick("declaration.truthful", "yes").press("send").number();
}

#[test]
fn a_page_that_is_too_old_or_not_ours_keeps_the_text() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let check = Walk::begin(&client, "/report/sector").least("sector").forge("state", "forged.state");
    let again = check.press("send").expect(422);
    assert!(again.page.body.contains("页面放得太久") && again.page.body.contains("强收摊位费"));
    again.press("send").number();
}

#[test]
fn more_blocks_and_places_come_without_losing_anything() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let who =
        Walk::begin(&client, "/report/gang/who").fill("subjects[0].name", "张某").fill("facts.place.code.1", "150000");
    let two = who.press("another:subjects").expect(200);
    assert!(two.value("subjects[0].name") == "张某" && two.has("subjects[1].name"));
    assert!(two.page.body.contains("锡林郭勒盟"), "the prefectures of the chosen province");
    let four = two.fill("subjects[1].name", "李某").press("another:subjects").press("another:subjects").expect(200);
    assert!(four.has("subjects[2].name"), "an empty block is not kept");
    let one = four.press("drop:subjects[0]").expect(200);
    assert_eq!((one.value("subjects[0].name"), one.has("subjects[1].name")), ("李某", false));
    let county = one.fill("facts.place.code.2", "152500").press("places").expect(200);
    let county = county.fill("facts.place.code.3", "152531").press("stay").expect(200);
    assert_eq!(county.value("facts.place.code.3"), "152531");
}

#[test]
fn another_look_is_kept_through_the_form_and_costs_nothing() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let who = Walk::begin(&client, "/report/gang?big=1&lang=zh");
    assert!(who.page.body.contains("class=\"big\"") && !who.page.body.contains("<span lang=\"en\">"));
    let who = who.fill("subjects[0].name", "张某").press("look:en").expect(200);
    assert!(who.page.body.contains("<html lang=\"en\" class=\"big\">") && who.value("subjects[0].name") == "张某");
    let small = who.press("look:small").press("look:both").expect(200);
    assert!(small.page.body.contains("<html lang=\"zh-CN\">") && small.page.body.contains("<span lang=\"en\">"));
    assert_eq!(small.value("subjects[0].name"), "张某");
}

#[test]
fn pages_behind_the_first_are_reached_by_the_form_only() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    for page in ["what", "files", "about", "check"] {
        let answer = client.get(&format!("/report/gang/{page}?campaign=xilingol-internet&big=1"));
        assert_eq!(
            (answer.status, answer.field("location")),
            (303, Some("/report/gang/who?campaign=xilingol-internet&big=1"))
        );
    }
    assert_eq!(client.get("/report/gang/nowhere").status, 404);
    assert_eq!(client.get("/report/nobody").status, 404);
    assert_eq!(client.post_form("/report/gang/nowhere", &[]).status, 404);
}

#[test]
fn a_campaign_goes_with_the_report_and_calls_first_for_what_it_wants() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let who = Walk::begin(&client, "/report/gang/who?campaign=xilingol-internet");
    assert!(who.page.body.contains("锡林郭勒盟公安局"));
    let check = who.least("gang");
    check.press("send").number();
    let report: serde_json::Value = serde_json::from_str(site.open_report().report.get()).unwrap();
    assert_eq!(report["campaign"], "xilingol-internet");
}

#[test]
fn a_supplement_needs_its_number_and_something_to_add() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let cited = client.post_report(None, &sample("09_sector_minimal_elderly.json").to_string()).number();
    let wrong = cited.replacen(&cited[..1], if cited.starts_with('1') { "2" } else { "1" }, 1);
    let refused = Walk::begin(&client, "/add").fill("cites", &wrong).press("send").expect(422);
    assert!(refused.page.body.contains("编号可能抄错了") && refused.page.body.contains("或添加附件"));
    let sent = refused.fill("cites", &cited).fill("facts.narrative", "又来了").press("send").expect(200);
    assert!(sent.page.body.contains("已收到补充材料") && !sent.page.body.contains(&cited), "it is on paper already");
}
