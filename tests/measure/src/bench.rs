//! What all measurements share: the programs as they ship, folders on a real disk, how long to measure.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};
use nightsafe_quickstart::{
    configuration::Addresses,
    layout::{Layout, Part},
    programs::Programs,
    run::samples_folder,
    site::Site,
};

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// To see that it works: figures mean little.
    Quick,
    /// A few minutes.
    Ordinary,
    /// With the large data sets.
    Full,
}

/// The setting of a run.
pub struct Bench {
    programs: Programs,
    folder: tempfile::TempDir,
    extent: Extent,
    template: PathBuf,
}

/// A site in a folder of its own. It stays until the run is over: on some file systems new files are dear where others
/// were deleted a moment ago (ext4 without a journal), and the next measurement would pay for it.
pub struct Place {
    site: Site,
}

impl Bench {
    /// Prepares a run whose data lies under `folder`.
    pub fn prepare(programs: Programs, folder: &Path, extent: Extent) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let folder = tempfile::Builder::new().prefix("run-").tempdir_in(folder)?;
        let template = folder.path().join("site-0");
        let any = "127.0.0.1:0".parse()?;
        let addresses = Addresses { gateway: any, console: any };
        Site::prepare(Layout::under(&template), programs.clone(), &samples_folder(), addresses)?;
        Ok(Self { programs, folder, extent, template })
    }

    /// How much is measured.
    pub const fn extent(&self) -> Extent {
        self.extent
    }

    /// One of three by extent: quick, ordinary, full.
    pub const fn size<T: Copy>(&self, quick: T, ordinary: T, full: T) -> T {
        match self.extent {
            Extent::Quick => quick,
            Extent::Ordinary => ordinary,
            Extent::Full => full,
        }
    }

    /// Where the data of this run lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A fresh folder.
    pub fn fresh(&self, name: &str) -> Result<PathBuf> {
        Ok(tempfile::Builder::new().prefix(name).tempdir_in(self.folder.path())?.keep())
    }

    /// A fresh site, all with the same keys.
    pub fn site(&self) -> Result<Place> {
        self.copy(&self.template)
    }

    /// A copy of a site as it lies there.
    pub fn copy(&self, from: &Path) -> Result<Place> {
        let root = self.fresh("site-")?.join("site");
        let status = Command::new("cp").arg("-a").arg(from).arg(&root).status()?;
        anyhow::ensure!(status.success(), "a site could not be copied");
        Ok(Place { site: Site::existing(Layout::under(root), self.programs.clone()) })
    }
}

impl Place {
    /// The site.
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// Where everything of it lies.
    pub const fn layout(&self) -> &Layout {
        self.site.layout()
    }

    /// A command of a program with the configuration of one part.
    pub fn command(&self, part: Part, verb: &[&str]) -> Command {
        let program = match part {
            Part::Gateway => nightsafe_quickstart::programs::Program::Gateway,
            Part::LowTransfer | Part::HighTransfer => nightsafe_quickstart::programs::Program::Transfer,
            Part::Internal => nightsafe_quickstart::programs::Program::Internal,
        };
        let mut command = self.site.programs().command(program);
        command.arg("--config").arg(self.layout().configuration(part)).args(verb);
        command
    }
}
