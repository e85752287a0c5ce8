//! Accounts from a file: `name,role,unit,password,closed` (RFC 4180: what holds a comma is quoted). New names become accounts, `closed` ends one; role and unit of an
//! account that exists never change. The file holds first passwords, so the ledger keeps its digest and never its text.

use nightsafe_casework::{
    account::AccountName,
    event::{AccountAdded, AccountChange, AccountChanged, Body, Table},
    role::Role,
};
use nightsafe_console::desk::AccountProblem;
use nightsafe_schema::{
    randomness::Randomness,
    unit::{UnitId, UnitRegistry},
};

use super::{Difference, ImportError, imported};
use crate::{
    accounts::{
        Standing,
        password::{self, Password},
    },
    records::NewEvent,
    register::Register,
    stretching::Stretching,
};

/// What a file of accounts comes to.
pub(crate) struct NewUsers {
    /// What would change.
    pub(crate) difference: Difference,
    added: Vec<(AccountName, Role, UnitId, Password)>,
    closed: Vec<AccountName>,
    text: String,
}

impl NewUsers {
    /// Reads a file of accounts against those that there are.
    pub(crate) fn read(text: &str, register: &Register, units: &UnitRegistry) -> Result<Self, ImportError> {
        let mut users =
            Self { difference: Difference::default(), added: vec![], closed: vec![], text: text.to_owned() };
        let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut rows = rows.records();
        let header = rows.next().transpose().map_err(|error| broken(&error))?;
        if !header.is_some_and(|header| header.iter().map(str::trim).eq(HEADER)) {
            return Err(wrong(1, "header", &format!("the first line is {}", HEADER.join(","))));
        }
        for row in rows {
            users.take(&row.map_err(|error| broken(&error))?, register, units)?;
        }
        Ok(users)
    }

    fn take(&mut self, row: &csv::StringRecord, register: &Register, units: &UnitRegistry) -> Result<(), ImportError> {
        let line = row.position().map_or(0, csv::Position::line);
        let cells: Vec<&str> = row.iter().collect();
        let [name, role, unit, password, closed] = cells.as_slice() else {
            return Err(wrong(line, "row", &"five fields are wanted; one with a comma stands in \"quotes\""));
        };
        // A password is taken to the byte; around everything else a space means nothing.
        let [name, role, unit, closed] = [name, role, unit, closed].map(|cell| cell.trim());
        let name: AccountName = name.parse().map_err(|error| wrong(line, "name", &error))?;
        let role: Role = role.parse().map_err(|error| wrong(line, "role", &error))?;
        let unit: UnitId = unit.parse().map_err(|error| wrong(line, "unit", &error))?;
        match units.unit(&unit) {
            None => return Err(wrong(line, "unit", &"there is no such unit")),
            Some(unit) if !role.may_belong_to(unit.level) => {
                return Err(wrong(line, "unit", &AccountProblem::AuditorBelow));
            }
            Some(_) => {}
        }
        let ends = match closed {
            "" | "no" => false,
            "yes" => true,
            _ => return Err(wrong(line, "closed", &"yes, no or empty")),
        };
        if self.added.iter().any(|(added, ..)| *added == name) || self.closed.contains(&name) {
            return Err(wrong(line, "name", &"it stands there twice"));
        }
        match register.account(&name) {
            Some(held) if held.account.role != role => {
                Err(wrong(line, "role", &"an account's role never changes: make another account"))
            }
            Some(held) if held.account.unit != unit => {
                Err(wrong(line, "unit", &"an account's unit never changes: make another account"))
            }
            Some(held) if ends && held.standing == Standing::Open => {
                self.difference.removed.push(format!("{name} {role} {unit}"));
                self.closed.push(name);
                Ok(())
            }
            Some(held) if !ends && held.standing == Standing::Closed => {
                Err(wrong(line, "closed", &"a closed account stays closed: make another one"))
            }
            Some(_) => Ok(()),
            None if ends => Err(wrong(line, "closed", &"there is no such account")),
            None => {
                let password =
                    Password::new((*password).to_owned()).map_err(|error| wrong(line, "password", &error))?;
                self.difference.added.push(format!("{name} {role} {unit}"));
                self.added.push((name, role, unit, password));
                Ok(())
            }
        }
    }

    /// The events that make and close the accounts.
    pub(crate) fn events(
        self,
        stretching: &Stretching,
        randomness: &dyn Randomness,
    ) -> Result<Vec<NewEvent>, password::PasswordError> {
        let mut events = imported(Table::Users, &self.text, "", &self.difference);
        for (name, role, unit, typed) in self.added {
            let hash = {
                let _turn = stretching.turn();
                password::hash(&typed, randomness)?
            };
            events.push(NewEvent::of_site(Body::from(AccountAdded { name, role, unit, password: hash })));
        }
        let closing = |name| NewEvent::of_site(AccountChanged { name, change: AccountChange::Closed });
        events.extend(self.closed.into_iter().map(closing));
        Ok(events)
    }
}

fn wrong(line: u64, field: &'static str, what: &dyn std::fmt::Display) -> ImportError {
    ImportError::User { line, field, what: what.to_string() }
}

fn broken(error: &csv::Error) -> ImportError {
    wrong(error.position().map_or(0, csv::Position::line), "row", error)
}

const HEADER: [&str; 5] = ["name", "role", "unit", "password", "closed"];
