package main

import "airloom/output"

// remedies is why each cause matters beyond "nothing can be sent", and what to do.
var remedies = map[output.Cause]struct{ why, remedy string }{
	output.Cause(output.KindName): {
		remedy: "Check the spelling of the output's url, then the resolver: 'getent hosts NAME' should answer.",
	},
	output.Cause(output.KindUnreachable): {
		remedy: "See whether the server runs and listens at that port, and whether a firewall stands between: 'nc -vz HOST PORT' should connect.",
	},
	output.Cause(output.KindTLS): {
		remedy: "Have the server show a certificate for that very name by an authority that this machine trusts, not one that has ended; 'openssl s_client -connect HOST:PORT' shows it. Or write rtmp:// where no encryption is wanted.",
	},
	output.Cause(output.KindRefused): {
		remedy: "Look into the server's log for that moment: what it means by this, it tells only there.",
	},
	output.CauseAppUnknown: {
		remedy: "Compare the url's application with the server's: on Ant Media Server its name stands in the panel at the left, with upper and lower case, mostly LiveApp.",
	},
	output.CauseIDInUse: {
		why:    "Two cannot send under one id: the second is refused.",
		remedy: "Stop the other one, or write another stream id. Where it should go by itself: antmedia.takeover: true.",
	},
	output.CauseGhost: {
		why:    "The server still believes in a session of ours that is gone, and refuses the next for up to 20 s.",
		remedy: "Wait 20 s. With antmedia.api set, the channel ends such a session itself, at once.",
	},
	output.CauseIDUnknown: {
		why:    "This server takes only streams that were created there before (acceptOnlyStreamsInDataStore).",
		remedy: "Create the stream in the server's panel, with the id as in the url. With antmedia.api set, the channel creates it itself.",
	},
	output.CauseNoReason: {
		why: "It was an id of the doctor's own, which nobody else sends under: the server takes only ids that were created there (acceptOnlyStreamsInDataStore), " +
			"asks for a token, or has a webhook that forbids it. Whether it takes the configured id shows on air.",
		remedy: "With Ant Media Server, set antmedia.api: then the doctor finds out which it is. Otherwise the server's log of that moment tells.",
	},
	output.CauseIDInvalid: {
		remedy: "Write an id of letters, digits, dot, dash and underscore alone.",
	},
	output.CauseNotNow: {
		remedy: "The stream is planned for other dates: change them in the server's panel.",
	},
	output.CauseCredential: {
		remedy: "Check the token, secret or JWT: the one in the url, or the keys under antmedia.",
	},
	output.CauseForbidden: {
		remedy: "Enter this machine's address in the server's filter of addresses.",
	},
	output.CauseBusy: {
		why:    "It refuses new streams while its processor or memory is above its limit; one that runs is not ended, one that breaks does not come back.",
		remedy: "Find out what keeps the server busy. The limits stand in its conf/red5.properties: server.cpu_limit and server.memory_limit_percentage, in percent.",
	},
}
