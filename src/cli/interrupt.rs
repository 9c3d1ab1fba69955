//! Ctrl-C while there is no screen: the engine is asked to end, so that what is done is kept and said. A
//! second one ends the program at once.

use std::sync::Once;

use crate::engine;

/// Listens from now on; to be called where an engine is about to work.
pub(super) fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let thread = std::thread::Builder::new().name("interrupt".to_owned());
        // Without the thread a ctrl-c does what it always did.
        let _ = thread.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                if tokio::signal::ctrl_c().await.is_ok() {
                    engine::interrupt();
                }
                if tokio::signal::ctrl_c().await.is_ok() {
                    std::process::exit(130);
                }
            });
        });
    });
}
