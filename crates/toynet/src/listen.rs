//! Those who read a lab's record in its own process, each on a thread of its own: however much there is to read,
//! signals and the control socket do not wait.

use std::io;
use std::time::Duration;

use tokio::sync::oneshot;
use toynet_lab::run::{Clock, start_thread};

/// One of them.
#[derive(Debug)]
pub struct Listener {
    stop: oneshot::Sender<()>,
    ended: oneshot::Receiver<()>,
}

impl Listener {
    /// Starts `listen` on a thread; what it is given comes true when it is to end.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start<F>(name: &str, listen: impl FnOnce(oneshot::Receiver<()>) -> F + Send + 'static) -> io::Result<Self>
    where
        F: Future<Output = ()>,
    {
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        start_thread(name, move || async move {
            listen(stopped).await;
            // Nobody waits for it when the lab has died.
            let _ = end.send(());
            Ok(())
        })?;
        Ok(Self { stop, ended })
    }

    /// Lets it take what there still is, and waits for its end, though not for long: it may be held up by
    /// whoever reads what it writes.
    pub async fn stop(self, clock: Clock) {
        // One that has ended already needs no telling.
        let _ = self.stop.send(());
        let _ = clock.until(clock.now() + LIMIT, self.ended).await;
    }
}

/// What is left of a record is written in milliseconds; the lab's own end must not wait for more.
const LIMIT: Duration = Duration::from_millis(500);
