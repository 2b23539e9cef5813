package simulator

// Bodies of the answer to a wrong client secret.
const (
	RefusalJSON  = "json"
	RefusalEmpty = "empty"
	RefusalText  = "text"
)

// TokenEndpointSwitches are points in which OAuth servers differ. The comments
// name the default first.
type TokenEndpointSwitches struct {
	Refusal           string   // json, empty, text: the body of the answer to a wrong secret.
	GrantError        string   // unauthorized_client, or another code for a grant that the client may not use.
	GrantFirst        bool     // False. True: whether the client may use a grant is looked at before its secret.
	OpenIntrospection bool     // False. True: the introspection endpoint authenticates nobody.
	OfferedMethods    []string // Both: what discovery says of authentication methods; nil leaves the field out.
	ForeignIssuer     bool     // False. True: discovery names another issuer.
}

func defaultTokenEndpointSwitches() TokenEndpointSwitches {
	return TokenEndpointSwitches{
		Refusal: RefusalJSON, GrantError: "unauthorized_client", OfferedMethods: []string{AuthMethodPost, AuthMethodBasic},
	}
}

// refusal is the answer to a wrong secret, whose JSON is body.
func (s TokenEndpointSwitches) refusal(status int, body reply) reply {
	switch s.Refusal {
	case RefusalEmpty:
		return emptyReply(status)
	case RefusalText:
		return rawReply(status, []byte("Unauthorized"))
	default:
		return body
	}
}
