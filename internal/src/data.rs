//! Data that the rules work on: catalog, units, divisions, routing table. Read once, at start.

use std::sync::Arc;

use jiff::civil::Date;
use nightsafe_casework::{
    routing::{IncompleteTable, Router, Tables},
    workflow::{GateTable, GateTableError, RewardBands, RewardBandsError},
};
use nightsafe_runtime::{
    ExitCode,
    bounded_file::{self, ReadError},
    config::ConfigPath,
    exit::HasExitCode,
    text_folder::{self, TextFolderError},
};
use nightsafe_schema::{
    calendar::{Calendar, CalendarError},
    catalog::{Catalog, CatalogError},
    division::{DivisionError, Divisions},
    officer::{Officers, OfficersError},
    routing_table::{RoutingTable, RoutingTableError},
    unit::{UnitError, UnitRegistry},
};

use crate::{config::Config, import::Imported, limits};

/// Everything the rules need besides a report.
#[derive(Debug)]
pub(crate) struct Data {
    /// What can be reported.
    pub(crate) catalog: Catalog,
    /// Who reports go to.
    pub(crate) units: Arc<UnitRegistry>,
    /// Where.
    pub(crate) divisions: Arc<Divisions>,
    /// Which unit has which part.
    pub(crate) table: RoutingTable,
    /// Which days are worked.
    pub(crate) calendar: Arc<Calendar>,
    /// Who worked where.
    pub(crate) officers: Officers,
    /// Who holds the gates.
    pub(crate) gates: GateTable,
    /// How much a reward may be.
    pub(crate) rewards: RewardBands,
}

impl Data {
    /// Reads what the configuration names, beside or in place of what is built in, with what was imported over it.
    pub(crate) fn with(config: &Config, imported: &Imported) -> Result<Self, DataError> {
        let catalog = match &config.catalog {
            Some(folder) => Catalog::from_files(&text_folder::read(folder, "toml")?)?,
            None => Catalog::embedded()?,
        };
        let units = texts(&config.units)?;
        let divisions = texts(&config.divisions)?;
        let text = |imported: &Option<String>, path: Option<&ConfigPath>| match (imported, path) {
            (Some(text), _) => Ok(Some(text.clone())),
            (None, Some(path)) => bounded_file::read_text(path, limits::DATA_FILE_BYTES).map(Some),
            (None, None) => Ok(None),
        };
        let table = match text(&imported.routing, config.routing_table.as_ref())? {
            Some(text) => RoutingTable::from_csv(&text)?,
            None => RoutingTable::embedded()?,
        };
        let calendar = match text(&imported.calendar, config.calendar.as_ref())? {
            Some(text) => Calendar::from_csv(&text)?,
            None => Calendar::embedded()?,
        };
        let units = UnitRegistry::layered(units.iter().map(String::as_str), imported.units.as_deref())?;
        let officers = match text(&imported.officers, config.officers.as_ref())? {
            Some(text) => Officers::from_csv(&text, &units)?,
            None => Officers::none(),
        };
        let gates = match text(&imported.gates, config.gates.as_ref())? {
            Some(text) => GateTable::from_csv(&text)?,
            None => GateTable::embedded()?,
        };
        let rewards = match &config.rewards {
            Some(path) => RewardBands::from_csv(&bounded_file::read_text(path, limits::DATA_FILE_BYTES)?)?,
            None => RewardBands::embedded()?,
        };
        let data = Self {
            rewards,
            gates,
            catalog,
            units: Arc::new(units),
            calendar: Arc::new(calendar),
            officers,
            divisions: Arc::new(Divisions::with_files(divisions.iter().map(String::as_str))?),
            table,
        };
        // A missing row is found now, not when the first report needs it.
        data.router(Date::MIN)?;
        Ok(data)
    }

    /// Routes reports by this data as of a day. It reads the names of all units: one serves a whole pass.
    pub(crate) fn router(&self, on: Date) -> Result<Router<'_>, IncompleteTable> {
        let Self { catalog, units, divisions, table, officers, .. } = self;
        Ok(Router::new(Tables { table, units, divisions, catalog })?.with_officers(officers, on))
    }
}

fn texts(paths: &[ConfigPath]) -> Result<Vec<String>, ReadError> {
    paths.iter().map(|path| bounded_file::read_text(path, limits::DATA_FILE_BYTES)).collect()
}

/// Why a data file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataError {
    /// A file cannot be read.
    #[error("数据文件不可读 (a data file cannot be read)")]
    Read(#[from] ReadError),
    /// The catalog folder cannot be read.
    #[error("目录文件夹不可读 (the catalog folder cannot be read)")]
    Folder(#[from] TextFolderError),
    /// The catalog is wrong in itself.
    #[error("目录有误 (the catalog is wrong in itself)")]
    Catalog(#[from] CatalogError),
    /// A unit registry is wrong in itself.
    #[error("单位名册有误 (a unit registry is wrong in itself)")]
    Units(#[from] UnitError),
    /// A division list is wrong in itself.
    #[error("行政区划有误 (a division list is wrong in itself)")]
    Divisions(#[from] DivisionError),
    /// The routing table is wrong in itself.
    #[error("分办表有误 (the routing table is wrong in itself)")]
    Table(#[from] RoutingTableError),
    /// The calendar is wrong in itself.
    #[error("工作日历有误 (the calendar is wrong in itself)")]
    Calendar(#[from] CalendarError),
    /// The officers register is wrong in itself.
    #[error("任职名册有误 (the officers register is wrong in itself)")]
    Officers(#[from] OfficersError),
    /// The table of gates is wrong in itself.
    #[error("审核单位表有误 (the table of gates is wrong in itself)")]
    Gates(#[from] GateTableError),
    /// The bands of rewards are wrong in themselves.
    #[error("奖励档次表有误 (the bands of rewards are wrong in themselves)")]
    Rewards(#[from] RewardBandsError),
    /// The routing table lacks a row.
    #[error("分办表缺行 (the routing table lacks a row)")]
    Incomplete(#[from] IncompleteTable),
}

impl HasExitCode for DataError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Read(error) => error.exit_code(),
            _ => ExitCode::Usage,
        }
    }
}
