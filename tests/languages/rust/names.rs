// SPDX-License-Identifier: GPL-3.0-or-later
// Locks of Rust by name, in a program built with optimisation.
// case itself: ^stuck: .* in names::size\(\) names\.rs:[0-9]+ waits for a lock that it holds itself
// case itself: waits for Mutex names::CACHE, which it must hold itself
// case itself: ^typical fix: end the guard before this call
// case scope: names::total\(\) .*holds (Mutex sum|a Mutex on a stack) and waits for the end of the threads of thread::scope\(\)
// case scope: waits for (Mutex sum|a Mutex on a stack), probably held by names::total\(\)
// case sender: waits for a free place of a channel
// case receiver: waits for a message of a channel
// case barrier: waits for a Barrier
use std::sync::{mpsc, Barrier, Mutex};

static CACHE: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn size() -> usize {
    CACHE.lock().unwrap().len()
}

fn total() {
    let sum = Mutex::new(0);
    let guard = sum.lock().unwrap();
    std::thread::scope(|s| {
        s.spawn(|| *sum.lock().unwrap() += 1);
    });
    drop(guard);
}

fn main() {
    match std::env::args().nth(1).unwrap().as_str() {
        "itself" => {
            let guard = CACHE.lock().unwrap();
            println!("{} {}", guard.len(), size());
        }
        "scope" => total(),
        "sender" => {
            let (to, from) = mpsc::sync_channel::<u32>(1);
            to.send(1).unwrap();
            to.send(2).unwrap();
            drop(from);
        }
        "receiver" => {
            let (to, from) = mpsc::channel::<u32>();
            println!("{:?}", from.recv());
            drop(to);
        }
        "barrier" => {
            let _ = Box::new(Barrier::new(2)).wait();
        }
        _ => (),
    }
}
