//! Zones from the files beside a lab file.

use toynet_service::Files;

use crate::name::Name;
use crate::zonefile::{self, Loaded, ZoneFile};

/// Reads a zone; what it includes is looked for beside the lab file too.
pub(crate) fn read_zone(source: &str, text: &str, origin: &Name, files: &dyn Files) -> ZoneFile {
    let mut load = |path: &str, _: &str| {
        let text = files.text(path).map_err(|error| error.to_string())?;
        Ok(Loaded { file: path.to_owned(), text: text.into_bytes() })
    };
    zonefile::read_zone(source, text.as_bytes(), origin, &mut load)
}
