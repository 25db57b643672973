/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/module.h"

#include "runner/base/util.h"

static bool begins_with_one(const char *text, const char *const *begins, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strncmp(text, begins[i], strlen(begins[i])))
			return true;
	return false;
}

const char *module_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool module_is_system(const char *path)
{
	static const char *const folders[] = { "/usr/lib", "/lib", "/usr/bin/", "/bin/",
		"/usr/sbin/", "/sbin/", "/usr/libexec/" };

	return begins_with_one(path, folders, ARRAY_SIZE(folders));
}

bool module_is_libc(const char *path)
{
	static const char *const names[] = { "libc.so", "libc-2", "ld-linux", "ld-2", "ld-musl",
		"libpthread", "libgcc_s", "libstdc++" };

	return module_is_system(path) &&
	       begins_with_one(module_base_name(path), names, ARRAY_SIZE(names));
}
