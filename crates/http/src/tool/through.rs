//! Through a proxy to a server.

use toynet_net::Stream;
use toynet_service::Errand;

use super::head::{self, Fields};
use super::proxy::{Proxy, Speaks};
use super::show::Show;
use crate::client::failure::Failure;
use crate::client::{socks, tunnel};
use crate::wire::socks::Place;

impl Proxy {
    /// Has the way to a server opened.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn lead(&self, stream: Stream, to: &Place, errand: &Errand, show: &Show) -> Result<Stream, Failure> {
        if self.speaks == Speaks::Http {
            return self.tunnel(stream, to, errand, show).await;
        }
        show.note(&format!("Asking the proxy by SOCKS 5 for {to}"));
        socks::open(stream, to, self.user.as_ref()).await
    }

    async fn tunnel(&self, stream: Stream, to: &Place, errand: &Errand, show: &Show) -> Result<Stream, Failure> {
        let authority = to.to_string();
        let mut fields: Fields = vec![("Host".to_owned(), authority.clone().into_bytes())];
        fields.extend(self.credentials().map(|value| ("Proxy-Authorization".to_owned(), value.into_bytes())));
        fields.push(("User-Agent".to_owned(), head::AGENT.into()));
        let head = head::over_one("CONNECT", &authority, 1, &fields);
        show.sent(&head);
        tunnel::open(stream, head, errand.host().clock()).await
    }
}
