using System.Net;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Alerts;

/// <summary>
/// Where the link in a message leads. It is open to everybody: the signature is the credential, good for one alert. GET shows and
/// changes nothing, whoever fetches it; the page's button, or an app's action, posts.
/// </summary>
internal sealed class AcknowledgeLink(AlertLinks links, IAlertStore alerts, AcknowledgeAlert acknowledge)
{
    private const string Link = "api/acknowledge";

    /// <summary>The page a signed link leads to</summary>
    [Function("ShowAcknowledge")]
    [Asks<LinkAsked>, Answers(200), Answers(403), Answers(404)]
    public async Task<IResult> ShowAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = Link)] HttpRequest request, CancellationToken cancellationToken)
    {
        var (asked, refused) = Read(request);
        if (asked is null)
            return refused;
        if (await alerts.FindAsync(asked.Alert, cancellationToken) is not { Alert: var alert })
            return Gone();
        return alert.AcknowledgedAt is null && alert.ClearedAt is null
            ? Page(request, alert, Words.Title(new Notice { Type = NoticeType.Opened, Alert = alert, At = alert.RaisedAt, Since = alert.RaisedAt }), button: true)
            : Page(request, alert, alert.ClearedAt is not null ? "This is over." : $"Acknowledged{(alert.AcknowledgedBy is { } by ? $" by {by}" : "")}.", button: false);
    }

    /// <summary>What the page's button does</summary>
    [Function("DoAcknowledge")]
    [Asks<LinkAsked>, Answers(200), Answers(403), Answers(404)]
    public async Task<IResult> ActAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Link)] HttpRequest request, CancellationToken cancellationToken)
    {
        var (asked, refused) = Read(request);
        if (asked is null)
            return refused;
        return await acknowledge.RunAsync(asked.Alert, $"link to {asked.Channel}", cancellationToken) is { } alert ? Page(request, alert, "Acknowledged.", button: false) : Gone();
    }

    private (LinkAsked? Asked, IResult Refused) Read(HttpRequest request)
    {
        var asked = Query.Read<LinkAsked>(request);
        if (asked.Value is not { } link)
            return (null, Problem.BadRequest(asked.Reason ?? ""));
        return links.IsGenuine(link.Alert, link.Channel, link.Until, link.Signature)
            ? (link, Results.Empty)
            : (null, Problem.Forbidden("This link is over, or was changed on its way. Acknowledge the alert in the console."));
    }

    private static IResult Gone() => Problem.NotFound("This alert is not kept any more.");

    private static IResult Page(HttpRequest request, Alert alert, string title, bool button)
    {
        // Nothing is loaded and nothing runs; the address holds the signature, so nobody is told where the reader came from.
        var headers = request.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
        return Results.Text($$"""
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>{{WebUtility.HtmlEncode(title)}}</title>
            <style>body{font:18px/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;color:#1d2939}button{font:inherit;padding:.8rem 1.6rem;border:0;border-radius:.5rem;background:#175cd3;color:#fff}</style></head>
            <body><h1>{{WebUtility.HtmlEncode(title)}}</h1><p>{{WebUtility.HtmlEncode(alert.Summary)}}</p>{{(button ? "<form method=\"post\"><button>Acknowledge</button></form>" : "")}}</body></html>
            """, "text/html; charset=utf-8");
    }

    /// <summary>A link's parts.</summary>
    internal sealed record LinkAsked
    {
        public required string Alert { get; init; }

        public required string Channel { get; init; }

        /// <summary>Unix seconds.</summary>
        public required long Until { get; init; }

        public required string Signature { get; init; }
    }
}
