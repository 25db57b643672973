/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of the record that we interpret ourselves: the head of the file, and histograms. */
#include "runner/store/store.h"
#include "runner/base/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char buf[RECORD_HIST_MAX_BYTES];
	struct record_hist h;
	const char *why = NULL;

	if (store_check_header((const char *)data, size, &why) < 0 && !why)
		abort();
	if (record_hist_decode(data, size, &h) < 0)
		return 0;
	/* what was accepted has one form, and gives sane quantiles */
	for (int q = 0; q <= 10; q++) {
		int64_t ns = record_hist_quantile_ns(&h, q / 10.0);

		if (h.count && (ns < h.min_ns || ns > h.max_ns))
			abort();
	}
	if (h.count && record_hist_encode(&h, buf) > sizeof(buf))
		abort();
	return 0;
}
