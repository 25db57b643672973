/* SPDX-License-Identifier: GPL-3.0-or-later */
/* order.cc MODE: the same with what C++ makes of locks, on the heap. */
#include <chrono>
#include <mutex>
#include <string>
#include <thread>

struct Bank {
	std::mutex accounts, journal;
	int n = 0;
	void transfer()
	{
		std::lock_guard<std::mutex> first(accounts);
		std::lock_guard<std::mutex> second(journal);
		n++;
	}
	void audit()
	{
		std::lock_guard<std::mutex> first(journal);
		std::lock_guard<std::mutex> second(accounts);
		n--;
	}
	void both_at_once(bool turned)
	{
		if (turned) {
			std::scoped_lock all(journal, accounts);
			n++;
		} else {
			std::scoped_lock all(accounts, journal);
			n--;
		}
	}
};

int main(int argc, char **argv)
{
	std::string mode = argc > 1 ? argv[1] : "";
	Bank *bank = new Bank;
	bool scoped = mode == "ok_scoped";

	std::thread first([&] { scoped ? bank->both_at_once(false) : bank->transfer(); });
	std::thread second([&] {
		std::this_thread::sleep_for(std::chrono::milliseconds(20));
		scoped ? bank->both_at_once(true) : bank->audit();
	});
	first.join();
	second.join();
	delete bank;
	return 0;
}
