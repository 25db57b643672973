// SPDX-License-Identifier: GPL-3.0-or-later
// Locks of C++ by the names that a program has for them, in the words of its library.
// case local: ^stuck: .* in Cache::size\(\) names\.cc:[0-9]+ waits for a lock that it holds itself
// case local: waits for mutex cache\.lock, which it holds itself
// case local: ^typical fix: .*std::recursive_mutex
// case member: waits for condition variable gate\.changed, and nobody
// case array: holds mutex forks\[0\] and wants mutex forks\[1\], held by eat\(\)
// case once: waits for std::call_once loaded, which it must hold itself
// case once: ^typical fix: do not ask, in an initialiser
// case async: holds mutex results and waits for the end of thread [0-9]+
// case async: a lambda names\.cc:[0-9]+ .* waits for mutex results, held by
// case barrier: waits for a std::barrier, and nobody
// case pool: ^  a lambda (of main )?names\.cc:[0-9]+ \(thread [0-9]+\) waits for a std::future
// case pool: ^typical fix: do not wait, in a worker, for work that needs the same worker
// case barrier: ^typical fix: let as many threads arrive
#include <barrier>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <queue>
#include <string>
#include <thread>

struct Cache {
	int n = 0;
	std::mutex lock;
	int size()
	{
		std::lock_guard<std::mutex> l(lock);
		return n;
	}
	void put()
	{
		std::lock_guard<std::mutex> l(lock);
		n = size() + 1;
	}
};

struct Gate {
	std::mutex lock;
	std::condition_variable changed;
	bool open = false;
	void pass()
	{
		std::unique_lock<std::mutex> l(lock);
		changed.wait(l, [&] { return open; });
	}
} gate;

std::mutex forks[2], results;
std::barrier seated(2), never(2);
std::once_flag loaded;

static void eat(int i)
{
	std::lock_guard<std::mutex> left(forks[i]);
	seated.arrive_and_wait();
	std::lock_guard<std::mutex> right(forks[1 - i]);
}

static void load()
{
	std::call_once(loaded, [] { load(); });
}

static void fetch()
{
	std::lock_guard<std::mutex> l(results);
	auto answer = std::async(std::launch::async, [] { std::lock_guard<std::mutex> l(results); });
}

struct Pool {
	std::mutex lock;
	std::condition_variable changed;
	std::queue<std::function<void()>> jobs;
	std::jthread worker{ [this] { run(); } };
	void run()
	{
		for (;;) {
			std::unique_lock<std::mutex> l(lock);
			changed.wait(l, [this] { return !jobs.empty(); });
			auto job = std::move(jobs.front());
			jobs.pop();
			l.unlock();
			job();
		}
	}
	template <class F> auto submit(F f) -> std::future<decltype(f())>
	{
		auto task = std::make_shared<std::packaged_task<decltype(f())()>>(f);
		std::lock_guard<std::mutex> l(lock);
		jobs.push([task] { (*task)(); });
		changed.notify_one();
		return task->get_future();
	}
};

int main(int, char **argv)
{
	std::string way = argv[1];
	Cache cache;

	if (way == "local")
		cache.put();
	if (way == "member")
		gate.pass();
	if (way == "array") {
		std::jthread other(eat, 0);
		eat(1);
	}
	if (way == "once")
		load();
	if (way == "async")
		fetch();
	if (way == "pool") {
		Pool pool;
		pool.submit([&] { return pool.submit([] { return 1; }).get(); }).get();
	}
	if (way == "barrier")
		never.arrive_and_wait();
}
