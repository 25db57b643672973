/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/demangle.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>

static void expect(const char *name, const char *wanted)
{
	cleanup(cleanup_free) char *is = demangle(name);

	cr_assert_str_eq(is, wanted);
}

Test(explain_demangle, functions_without_their_parameters)
{
	expect("_ZN3app6Logger5writeERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
		"app::Logger::write");
	expect("_ZZ4mainENKUlvE_clEv", "main::{lambda()#1}");
	expect("_ZNSt6vectorIiSaIiEE9push_backERKi",
		"std::vector<int, std::allocator<int> >::push_back");
	expect("_ZN3fooixEi", "foo::operator[]");
}

Test(explain_demangle, variables)
{
	expect("_ZZN3app6Logger8instanceEvE1l", "app::Logger::instance()::l");
	expect("_ZGVZN8Registry3getEvE1r", "Registry::get()::r (its guard)");
	expect("_ZL5alice", "alice");
}

Test(explain_demangle, rust)
{
	expect("_ZN7rs_abba8transfer17h0123456789abcdefE", "rs_abba::transfer");
	expect("_ZN7rs_abba4main28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
		"rs_abba::main");
	expect("_RNvC6_123foo3bar", "123foo::bar");
}

/* libiberty hands out nothing at all of some names. */
Test(explain_demangle, name_with_an_empty_part)
{
	expect("_RNvC3_123foo", "_RNvC3_123foo");
	expect("_RNvC0_0_", "_RNvC0_0_");
}

Test(explain_demangle, any_other_name_stays)
{
	expect("main", "main");
	expect("runtime.main.func1", "runtime.main.func1");
	expect("release.part.0", "release");
	expect("f.constprop.0.cold", "f");
	expect("", "");
	expect("_Z", "_Z");
	expect("_ZN", "_ZN");
}

/* "p<a, a>", then a pair of that, a pair of this, and so on: a name of 300 bytes for gigabytes. */
Test(explain_demangle, bomb_is_not_set_off, .timeout = 10)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char name[1024];
	int n = sprintf(name, "_Z1fI1pI1aS1_E");

	for (int i = 2; i < 30; i++)
		n += sprintf(name + n, "S0_IS%c_S%c_E", digits[i], digits[i]);
	sprintf(name + n, "Evv");
	expect(name, name);
	/* With fewer pairs it is cut where a reader has long stopped. */
	expect("_Z1fI1pI1aS1_ES0_IS2_S2_EEvv", "f<p<a, a>, p<p<a, a>, p<a, a> > >");
}
