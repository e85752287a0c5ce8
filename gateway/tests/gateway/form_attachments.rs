//! Attachments of a form: sealed on arrival, listed, taken back, claimed by the report.

use std::fs;

use crate::client::Client;
use crate::parts::jpeg;
use crate::site::{Site, sample};
use crate::walk::{Walk, number};

/// The page for attachments of a sector report.
fn files_page(client: &Client) -> Walk<'_> {
    let check = Walk::begin(client, "/report/sector").least("sector");
    check.press("edit:files").expect(200)
}

fn check_of(files: Walk<'_>) -> Walk<'_> {
    files.press("next").expect(200).tick("declaration.truthful", "yes")
}

#[test]
fn files_are_sealed_on_arrival_and_claimed_by_the_report() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let photos = [jpeg(3000), jpeg(400_000), jpeg(5000)];
    let files = files_page(&client).press_with("add", &[("名.jpg", &photos[0]), ("b.jpg", &photos[1])]).expect(200);
    assert!(
        files.page.body.contains("附件 2") && files.page.body.contains("391 KB") && !files.page.body.contains("名.jpg")
    );
    assert_eq!((site.staged().len(), site.items().len()), (2, 0));
    for staged in site.staged() {
        let bytes = fs::read(staged).unwrap();
        assert!(bytes.starts_with(b"age-encryption.org/v1"));
    }
    // Those chosen are taken whichever button is pressed.
    let check = files.press_with("next", &[("c.jpg", &photos[2])]).expect(200).tick("declaration.truthful", "yes");
    assert!(check.page.body.contains("附件 3"));
    let first = number(&check.send("send", &[]));
    assert!(site.staged().is_empty());
    let facts = site.open_report().intake.attachments;
    let names: Vec<_> = facts.iter().map(|fact| fact.name.as_str()).collect();
    assert_eq!(names, ["名.jpg", "b.jpg", "c.jpg"]);
    assert!(facts.iter().zip(&photos).all(|(fact, photo)| fact.length == photo.len() as u64));
    assert_eq!(number(&check.send("send", &[])), first, "a second press is the same submission");
    assert_eq!(site.open_report().intake.attachments, facts, "of the same attachments");
    assert_eq!(serving.stop(), Some(0));
    assert_eq!(site.assert_outbox_is_whole(), 3 + 1 + 1);
}

#[test]
fn two_presses_at_once_are_one_submission() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let check = check_of(files_page(&client).press_with("add", &[("a.jpg", &jpeg(3000))]));
    let numbers: Vec<String> = std::thread::scope(|scope| {
        let presses: Vec<_> = (0..4).map(|_| scope.spawn(|| number(&check.send("send", &[])))).collect();
        presses.into_iter().map(|press| press.join().unwrap()).collect()
    });
    assert!(numbers.iter().all(|one| *one == numbers[0]), "{numbers:?}");
    assert_eq!(serving.stop(), Some(0));
    assert_eq!(site.assert_outbox_is_whole(), 1 + 4);
}

#[test]
fn a_file_can_be_taken_back() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let files = files_page(&client).press_with("add", &[("a.jpg", &jpeg(3000)), ("b.jpg", &jpeg(4000))]);
    let button = files.page.body.split("value=\"remove:").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let one = files.press(&format!("remove:{button}")).expect(200);
    assert!(one.page.body.contains("附件 1") && !one.page.body.contains("附件 2"));
    assert_eq!(site.staged().len(), 1);
    check_of(one).press("send").number();
    let facts = site.open_report().intake.attachments;
    assert_eq!(facts.iter().map(|fact| fact.name.as_str()).collect::<Vec<_>>(), ["b.jpg"]);
}

#[test]
fn a_file_that_is_not_taken_costs_neither_text_nor_the_others() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let check = Walk::begin(&client, "/report/officers").least("officers");
    let files = check.press("edit:files").fill("reporter.name", "王某");
    let photo = jpeg(3000);
    let mixed =
        [("a.jpg", &photo[..]), ("secret-name.jpg", b"%PDF-1.7"), ("b.jpg", &photo[..2999]), ("empty.jpg", b"")];
    let page = files.press_with("next", &mixed).expect(422);
    let body = &page.page.body;
    assert!(body.contains("href=\"#attachment\"") && body.contains("第 2 个附件的格式不能接收"), "{body}");
    assert!(body.contains("第 4 个附件是空的") && !body.contains("secret-name"));
    assert!(body.contains("附件 2") && !body.contains("附件 3"), "the good ones are kept");
    assert_eq!(page.value("reporter.name"), "王某", "and the text behind the files too");
    let nothing = page.press("add").expect(422);
    assert!(nothing.page.body.contains("请先选文件"));
    check_of(nothing).press("send").number();
    assert_eq!(site.open_report().intake.attachments.len(), 2);
    assert_eq!(serving.stop(), Some(0));
    assert_eq!(site.assert_outbox_is_whole(), 3);
}

#[test]
fn more_files_than_a_report_may_have_are_named() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let photos: Vec<Vec<u8>> = (0..11).map(|index| jpeg(1000 + index)).collect();
    let chosen: Vec<(&str, &[u8])> = photos.iter().map(|photo| ("x.jpg", photo.as_slice())).collect();
    let page = files_page(&client).press_with("add", &chosen).expect(422);
    assert!(page.page.body.contains("附件 10") && page.page.body.contains("最多 10"), "{}", page.page.body);
    check_of(page).press("send").number();
    assert_eq!(site.open_report().intake.attachments.len(), 10);
}

#[test]
fn files_wait_over_a_restart() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let files = files_page(&client).press_with("add", &[("a.jpg", &jpeg(3000))]);
    let open = files.page.clone();
    serving.kill();
    let serving = site.serve();
    let client = site.client(&serving);
    let again = Walk::resume(&client, open);
    check_of(again).press("send").number();
    assert_eq!(site.open_report().intake.attachments.len(), 1);
}

#[test]
fn files_that_have_gone_are_named_and_the_text_stays() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let files = files_page(&client).press_with("add", &[("a.jpg", &jpeg(3000)), ("b.jpg", &jpeg(4000))]);
    let check = check_of(files);
    // As the sweep does after two hours.
    fs::remove_file(&site.staged()[0]).unwrap();
    let page = check.press("send").expect(422);
    let body = &page.page.body;
    assert!(body.contains("个附件需要重新添加，文字都还在"), "{body}");
    assert!(body.contains("附件 1") && !body.contains("附件 2"), "the other one is here");
    let check = check_of(page.press_with("add", &[("again.jpg", &jpeg(3000))]).expect(200));
    assert!(check.page.body.contains("强收摊位费"));
    check.press("send").number();
    assert_eq!(site.open_report().intake.attachments.len(), 2);
}

#[test]
fn a_second_gateway_takes_the_page_and_asks_for_the_files_again() {
    let (site, other) = (Site::new(), Site::new());
    for name in ["form.key", "site.secret"] {
        fs::copy(site.path("credentials").join(name), other.path("credentials").join(name)).unwrap();
    }
    let (serving, serving_other) = (site.serve(), other.serve());
    let (client, client_other) = (site.client(&serving), other.client(&serving_other));
    let photo = jpeg(3000);
    let check = check_of(files_page(&client).press_with("add", &[("a.jpg", &photo)]));
    let here = Walk::resume(&client_other, check.page.clone()).tick("declaration.truthful", "yes");
    let page = here.press("send").expect(422);
    assert!(page.page.body.contains("第 1 个附件需要重新添加"), "{}", page.page.body);
    let sent_there = check_of(page.press_with("add", &[("a.jpg", &photo)])).press("send").number();
    assert_eq!(check.press("send").number(), sent_there, "sent at both, it is one submission");
}

#[test]
fn attachments_are_asked_for_again_when_the_page_is_not_ours() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let forged = files_page(&client).forge("state", "forged.state");
    let page = forged.press_with("add", &[("a.jpg", &jpeg(3000))]).expect(422);
    assert!(page.page.body.contains("页面放得太久") && page.page.body.contains("附件需要重新添加"));
    assert!(site.staged().is_empty(), "nothing of a stranger's page is kept");
    check_of(page).press("send").number();
}

#[test]
fn a_supplement_may_be_files_alone() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let cited = client.post_report(None, &sample("09_sector_minimal_elderly.json").to_string()).number();
    let add = Walk::begin(&client, "/add").fill("cites", &cited);
    let sent = add.press_with("send", &[("x.jpg", &jpeg(3000))]).expect(200);
    assert!(sent.page.body.contains("已收到补充材料"));
    let opened = site.open_report();
    assert_eq!((opened.intake.clue_number.as_str(), opened.intake.attachments.len()), (&*cited, 1));
}
