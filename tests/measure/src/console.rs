//! An analyst's browser, as far as searching goes: logs in through the form, then asks the search page.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use data_encoding::HEXUPPER;
use http::{Request, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use nightsafe_quickstart::{
    accounts::{self, Account, FIRST_OFFICER},
    layout::Part,
    run::samples_folder,
    samples,
    units::{NATIONAL_OFFICE, Units},
    visibility::Inspector,
};
use nightsafe_runtime::SystemClock;
use tokio::runtime::{Builder, Runtime};

use crate::{
    bench::Place,
    client::{Answer, Connection, Connector, address_of},
};

/// The accounts of the demo: three offices, and an analyst in each unit that a sample names.
pub fn accounts(place: &Place) -> Result<Vec<Account>> {
    let samples = samples::read_all(&samples_folder())?;
    let units = Units::read(&samples_folder().join("units.json"))?;
    Ok(accounts::choose(place.layout(), &samples, &units)?)
}

/// The analyst of the national office, who sees the most.
pub fn national(accounts: &[Account]) -> Result<&Account> {
    let found = accounts.iter().find(|account| account.unit == NATIONAL_OFFICE && account.is_analyst());
    found.context("no national analyst")
}

/// Makes those of `wanted` that are not there, at a site whose daemon is down.
pub fn add(place: &Place, accounts: &[Account], wanted: &[&Account]) -> Result<()> {
    let officer = accounts.iter().find(|account| account.name == FIRST_OFFICER).context("no officer")?;
    let mut inside = place.site().start_part(Part::Internal)?;
    inside.wait_until_ready()?;
    let clock = SystemClock::start();
    let inspector = Inspector::new(place.layout(), place.site().programs(), &clock);
    inspector.log_in(officer)?;
    for account in wanted {
        inspector.add_accounts(std::slice::from_ref(*account))?;
    }
    inside.end();
    Ok(())
}

/// A logged-in analyst.
pub struct Console {
    runtime: Runtime,
    connection: Connection,
    cookie: String,
}

impl Console {
    /// The analyst of the national office; the account is made if it is not there.
    pub fn account(place: &Place) -> Result<Account> {
        let accounts = accounts(place)?;
        let analyst = national(&accounts)?;
        add(place, &accounts, &[analyst])?;
        Ok(analyst.clone())
    }

    /// Logs in at a console that is up.
    pub fn log_in(place: &Place, console: SocketAddr, analyst: &Account) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let connector = Connector::new(&place.layout().authority())?;
        let connection = runtime.block_on(connector.connect(console, address_of(1)))?;
        let mut browser = Self { runtime, connection, cookie: String::new() };
        let form = browser.get("/login")?;
        browser.cookie = cookie_of(&form)?;
        let page = String::from_utf8(form.body.to_vec())?;
        let token = page.split_once("name=\"form\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
        let (token, _) = token.context("the login form has no token")?;
        let fields = format!("form={token}&next=%2F&name={}&password={}", analyst.name, analyst.password);
        let posted = Request::post("https://localhost/login")
            .header(header::COOKIE, &browser.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(fields)))?;
        let answer = browser.ask(posted)?;
        ensure!(answer.head.status == StatusCode::SEE_OTHER, "the login was answered {}", answer.head.status);
        browser.cookie = cookie_of(&answer)?;
        Ok(browser)
    }

    /// Searches; the page.
    pub fn search(&mut self, text: &str) -> Result<String> {
        self.page(&format!("/search?q={}", escaped(text)))
    }

    /// Any page.
    pub fn page(&mut self, path: &str) -> Result<String> {
        let answer = self.get(path)?;
        ensure!(answer.head.status == StatusCode::OK, "{path} was answered {}", answer.head.status);
        Ok(String::from_utf8(answer.body.to_vec())?)
    }

    /// Whether a search finds any case.
    pub fn finds(&mut self, text: &str) -> Result<bool> {
        Ok(self.search(text)?.contains("href=\"/c/"))
    }

    fn get(&mut self, path: &str) -> Result<Answer> {
        let mut request = Request::get(format!("https://localhost{path}"));
        if !self.cookie.is_empty() {
            request = request.header(header::COOKIE, &self.cookie);
        }
        self.ask(request.body(Full::default())?)
    }

    fn ask(&mut self, request: Request<Full<Bytes>>) -> Result<Answer> {
        self.runtime.block_on(self.connection.ask(request))
    }
}

/// The cookie that an answer sets to a value.
fn cookie_of(answer: &Answer) -> Result<String> {
    let lines = answer.head.headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.filter_map(|line| line.split(';').next());
    let mut set = pairs.filter(|pair| !pair.ends_with('='));
    Ok(set.next_back().context("no cookie was set")?.to_owned())
}

/// A text as the value of a query parameter.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(3 * text.len());
    for byte in text.bytes() {
        escaped.push('%');
        escaped.push_str(&HEXUPPER.encode(&[byte]));
    }
    escaped
}
