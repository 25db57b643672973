/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/trial/capture.h"

#include "runner/base/util.h"

#include <inttypes.h>

void capture_reset(struct capture *c)
{
	c->head_len = c->tail_len = c->tail_at = 0;
	c->total = 0;
}

void capture_done(struct capture *c)
{
	free(c->head);
	free(c->tail);
	memset(c, 0, sizeof(*c));
}

/* The tail is a ring: tail_at is where the next byte goes. */
static void add_tail(struct capture *c, const char *data, size_t len)
{
	if (!c->tail)
		c->tail = mem_alloc(CAPTURE_HALF);
	if (len > CAPTURE_HALF) {
		data += len - CAPTURE_HALF;
		len = CAPTURE_HALF;
	}
	while (len) {
		size_t n = CAPTURE_HALF - c->tail_at;

		if (n > len)
			n = len;
		memcpy(c->tail + c->tail_at, data, n);
		c->tail_at = (c->tail_at + n) % CAPTURE_HALF;
		c->tail_len = c->tail_len + n > CAPTURE_HALF ? CAPTURE_HALF : c->tail_len + n;
		data += n;
		len -= n;
	}
}

void capture_add(struct capture *c, const char *data, size_t len)
{
	size_t n = CAPTURE_HALF - c->head_len;

	c->total += len;
	if (n > len)
		n = len;
	if (n) {
		if (!c->head)
			c->head = mem_alloc(CAPTURE_HALF);
		memcpy(c->head + c->head_len, data, n);
		c->head_len += n;
	}
	if (len > n)
		add_tail(c, data + n, len - n);
}

char *capture_take(const struct capture *c, size_t *ret_len)
{
	uint64_t missing = c->total - c->head_len - c->tail_len;
	size_t first = c->tail_len == CAPTURE_HALF ? c->tail_at : 0;
	char note[64] = "", *text;
	size_t n;

	*ret_len = 0;
	if (!c->total)
		return NULL;
	if (missing)
		snprintf(note, sizeof(note), "\n[... %" PRIu64 " bytes left out ...]\n", missing);
	n = strlen(note);
	text = mem_alloc(c->head_len + n + c->tail_len + 1);
	memcpy(text, c->head, c->head_len);
	memcpy(text + c->head_len, note, n);
	n += c->head_len;
	for (size_t i = 0; i < c->tail_len; i++)
		text[n++] = c->tail[(first + i) % CAPTURE_HALF];
	*ret_len = n;
	return text;
}
