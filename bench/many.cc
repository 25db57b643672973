// SPDX-License-Identifier: GPL-3.0-or-later
// many.cc: one of the 40 libraries of a C++ program (-DNUMBER=N), or the program: classes with virtual
// functions, each a relocation or more, exported templates, and a table filled before main().
#include <map>
#include <string>

#ifdef NUMBER
template <int N, int I> struct shape {
	virtual ~shape() {}
	virtual int area() { return N + I; }
	virtual int edges() { return N * I; }
};

template <int I> struct make {
	static void all(std::map<std::string, int> &table)
	{
		shape<NUMBER, I> s;
		shape<NUMBER, I> *p = &s;

		asm volatile("" : "+r"(p));
		table["shape" + std::to_string(I)] = p->area() + p->edges();
		make<I - 1>::all(table);
	}
};
template <> struct make<0> {
	static void all(std::map<std::string, int> &) {}
};

static std::map<std::string, int> fill()
{
	std::map<std::string, int> table;

	make<80>::all(table);
	return table;
}

static std::map<std::string, int> table = fill();
#else
int main()
{
	return 0;
}
#endif
