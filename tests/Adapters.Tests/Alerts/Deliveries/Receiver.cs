using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Signals;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Adapters.Tests.Alerts.Deliveries;

/// <param name="Path">Without the query.</param>
/// <param name="Headers">A copy: the server uses its headers again.</param>
/// <param name="Body">As it came.</param>
internal sealed record Received(string Path, IHeaderDictionary Headers, byte[] Body)
{
    public System.Text.Json.JsonElement Json => System.Text.Json.JsonDocument.Parse(Body).RootElement;
}

/// <summary>An HTTP server on a free port of loopback that keeps what it is sent and answers as told; 204 unless told otherwise.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Receiver(WebApplication app) => _app = app;

    public List<Received> Received { get; } = [];

    public Func<HttpContext, Received, Task> Answer { get; set; } = (context, _) =>
    {
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    };

    public Uri Url => new(_app.Urls.First());

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new Receiver(builder.Build());
        receiver._app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var received = new Received(context.Request.Path, new HeaderDictionary(context.Request.Headers.ToDictionary()), body.ToArray());
            receiver.Received.Add(received);
            await receiver.Answer(context, received);
        });
        await receiver._app.StartAsync();
        return receiver;
    }

    public void Say(int status, string body, string contentType = "application/json", string? retryAfter = null) => Answer = (context, _) =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        if (retryAfter is not null)
            context.Response.Headers.RetryAfter = retryAfter;
        return context.Response.WriteAsync(body);
    };

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>Notices and messages as channels get them.</summary>
internal static class Sample
{
    public static readonly DateTimeOffset Raised = new(2026, 11, 28, 9, 0, 0, TimeSpan.Zero);

    public static HttpPost Http(bool allowPrivate = true) => new(new() { AllowPrivateTargets = allowPrivate }, TimeProvider.System);

    public static Notice Notice(NoticeType type = NoticeType.Opened, string device = "pump-7", Severity severity = Severity.Critical, string summary = "It is silent & <gone>.") => new()
    {
        Type = type,
        Alert = new()
        {
            Id = AlertTransition.IdOf(device, AlertKind.DeviceOffline, Raised),
            Kind = AlertKind.DeviceOffline,
            Severity = severity,
            WorstSeverity = severity,
            DeviceId = device,
            Groups = ["site-a"],
            Summary = summary,
            Cause = "power",
            Evidence = new Dictionary<string, object> { ["missed"] = 3 },
            RaisedAt = Raised,
            SaidAt = Raised,
            SaidBy = AlertChange.Opened,
            OpenedAt = Raised,
            AcknowledgedAt = type == NoticeType.Acknowledged ? Raised.AddMinutes(1) : null,
            ClearedAt = type == NoticeType.Cleared ? Raised.AddMinutes(2) : null,
        },
        At = Raised,
        Since = Raised,
    };

    public static Message One(NoticeType type = NoticeType.Opened, Severity severity = Severity.Critical, string summary = "It is silent & <gone>.") =>
        Of(Notice(type, severity: severity, summary: summary));

    public static Message Of(params Notice[] notices) => new(notices.Length == 1 ? notices[0].IdFor("c") : "msg_many", notices, Links);

    /// <summary>5,000 devices of one site, in the order of a lane.</summary>
    public static Message Many(int count = 5000) => new(
        "msg_many", [.. Enumerable.Range(0, count).Select(i => Notice(device: $"pump-{i:0000}", severity: i == 0 ? Severity.Critical : Severity.Warning))], Links);

    public static IAlertLinks Links { get; } = new AlertLinks(new byte[32], new("https://iot.example.com/"), TimeProvider.System);
}
