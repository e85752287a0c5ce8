//! What codes mean: the catalog, the divisions and the units, as the pages name them.

use nightsafe_schema::{
    catalog::{Catalog, Label},
    division::{DivisionCode, Divisions},
    unit::{UnitId, UnitRegistry},
};

use crate::statistics::Names;

/// The tables that turn codes into words. Pages hold no such words of their own.
#[derive(Debug)]
pub struct Reference {
    /// What can be reported.
    pub catalog: Catalog,
    /// Where.
    pub divisions: Divisions,
    /// Who it goes to.
    pub units: UnitRegistry,
}

impl Reference {
    /// What statistics are put into words with.
    pub(crate) const fn names(&self) -> Names<'_> {
        Names { catalog: &self.catalog, divisions: &self.divisions, units: &self.units }
    }

    /// A flow's name, else its code.
    pub(crate) fn flow(&self, code: &str) -> Label {
        self.catalog.flow(code).map_or_else(|| bare(code), |flow| flow.label.clone())
    }

    /// A category's name in a flow, else its code.
    pub(crate) fn category(&self, flow: &str, code: &str) -> Label {
        let field = self.catalog.field(flow, "facts.categories[]");
        let list = field.and_then(|field| field.list());
        list.and_then(|list| self.catalog.label(list, code)).cloned().unwrap_or_else(|| bare(code))
    }

    /// A place's full name, else its code.
    pub(crate) fn place(&self, code: DivisionCode) -> String {
        self.divisions.full_name(code).unwrap_or_else(|| code.to_string())
    }

    /// A unit's name, else its id.
    pub(crate) fn unit(&self, id: &UnitId) -> String {
        self.units.unit(id).map_or_else(|| id.to_string(), |unit| unit.name.clone())
    }
}

/// A code without a label, shown as it is.
pub(crate) fn bare(code: &str) -> Label {
    Label { zh: code.to_owned(), en: String::new() }
}
