// SPDX-License-Identifier: GPL-3.0-or-later
// Two monitors in opposite order: the threads by the names that Java gives them.
// why: ^not provable: Java threads "transfer", "audit" wait; `jstack [0-9]+`
import java.util.concurrent.CountDownLatch;

public class Cycle {
	static final Object accounts = new Object(), journal = new Object();
	static final CountDownLatch both = new CountDownLatch(2);

	static void take(Object mine, Object other) {
		synchronized (mine) {
			try {
				both.countDown();
				both.await();
			} catch (InterruptedException e) {
				return;
			}
			synchronized (other) {
				System.out.println("never");
			}
		}
	}

	public static void main(String[] arguments) {
		new Thread(() -> take(accounts, journal), "transfer").start();
		new Thread(() -> take(journal, accounts), "audit").start();
	}
}
