# SPDX-License-Identifier: GPL-3.0-or-later
# Two locks in opposite order, in a program that lives: the threads that want one, not the one that sleeps.
# why: ^not proven, most likely: .*thread [0-9]+ "cycle.rb:17" waits for a Mutex .*; .*thread [0-9]+ "cycle.rb:18" waits for a Mutex
accounts = Mutex.new
journal = Mutex.new
both = Queue.new

def take(first, second, mine, other)
  first.synchronize do
    mine << 1
    other.pop
    second.synchronize {}
  end
end

ready = Queue.new
a = Thread.new { take(accounts, journal, ready, both) }
b = Thread.new { take(journal, accounts, both, ready) }
Thread.new { loop { sleep 0.5 } }
[a, b].each(&:join)
