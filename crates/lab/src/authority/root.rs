//! The root of a lab, and where it is kept.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use toynet_machine::Time;
use toynet_net::local::{private, private_folder};
use toynet_net::tls::{self, CertificateDer, Identity};

use super::keys::Keys;
use super::span::{DAY, span};

/// A root: a certificate that vouches for others, and its key.
pub(super) struct Root {
    certificate: CertificateDer<'static>,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    file: Option<PathBuf>,
}

impl Root {
    /// A new root for a lab of this name, which holds for ten years.
    pub fn make(lab: &str, keys: &Keys, now: Time) -> io::Result<Self> {
        let key = keys.pair("root").map_err(io::Error::other)?;
        let mut params = params(lab, &key);
        (params.not_before, params.not_after) = span(now, -DAY, LIFE);
        let certificate = params.self_signed(&key).map_err(io::Error::other)?;
        let (pem, certificate) = (certificate.pem(), certificate.der().clone());
        Ok(Self { certificate, pem, issuer: Issuer::new(params, key), file: None })
    }

    /// The root that is kept below `state`; a new one if there is none yet.
    pub fn keep(lab: &str, state: &Path, now: Time) -> io::Result<Self> {
        let folder = state.join(FOLDER);
        let (file, key_file) = (folder.join(CERTIFICATE), folder.join(KEY));
        let root = match (read(&file)?, read(&key_file)?) {
            (Some(pem), Some(key)) => Self::read(lab, pem, &key).map_err(|why| unusable(&file, &why))?,
            (Some(_), None) | (None, _) => {
                let root = Self::make(lab, &Keys::Random, now)?;
                private_folder(&folder)?;
                write_private(&key_file, &root.issuer.key().serialize_pem())?;
                write_private(&file, &root.pem)?;
                root
            }
        };
        Ok(Self { file: Some(file), ..root })
    }

    fn read(lab: &str, pem: String, key: &str) -> Result<Self, String> {
        let key_pair = KeyPair::from_pem(key).map_err(|error| format!("its key cannot be used: {error}"))?;
        Identity::from_pem(&pem, key).map_err(|error| error.to_string())?;
        let certificate = tls::certificates(&pem).map_err(|error| error.to_string())?.swap_remove(0);
        let name = name(lab, &params(lab, &key_pair), &key_pair);
        if !certificate.windows(name.len()).any(|part| part == name.as_bytes()) {
            return Err("it is the root of another lab".to_owned());
        }
        Ok(Self { certificate, pem, issuer: Issuer::new(params(lab, &key_pair), key_pair), file: None })
    }

    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    pub fn pem(&self) -> &str {
        &self.pem
    }

    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    pub fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }
}

/// The file with the certificate of the root that a lab keeps below `state`, if it has one.
pub fn kept(state: &Path) -> Option<PathBuf> {
    Some(state.join(FOLDER).join(CERTIFICATE)).filter(|file| file.is_file())
}

fn params(lab: &str, key: &KeyPair) -> CertificateParams {
    let mut params = CertificateParams::default();
    // It signs servers' certificates and no further authority's.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let name = name(lab, &params, key);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "toynet");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Unlike those of all other roots, so that one can be told from the other among those that are trusted.
fn name(lab: &str, params: &CertificateParams, key: &KeyPair) -> String {
    let mark: String = params.key_identifier(key).iter().take(4).map(|octet| format!("{octet:02x}")).collect();
    format!("toynet lab {lab} {mark}")
}

fn read(file: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(file, &error.to_string())),
    }
}

fn unusable(file: &Path, why: &str) -> io::Error {
    let folder = file.parent().unwrap_or(file).display();
    let what = format!("the root in {} is of no use: {why}; when {folder} is gone, a new one is made", file.display());
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Whole or not at all.
fn write_private(file: &Path, text: &str) -> io::Result<()> {
    let draft = file.with_extension("new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut out = private(OpenOptions::new().write(true).create_new(true)).open(&draft)?;
    out.write_all(text.as_bytes())?;
    fs::rename(&draft, file)
}

const FOLDER: &str = "authority";
const CERTIFICATE: &str = "root.pem";
const KEY: &str = "root.key";
const LIFE: i64 = 3650 * DAY;
