package api

import "time"

// Now is the time at the vendor, as far as its answers tell it.
func (c *Client) Now() time.Time { return c.http.Now() }
