using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EndToEnd.Tests.Observability;

/// <param name="Links">Traces it links to.</param>
internal sealed record Span(string TraceId, string Name, IReadOnlyList<string> Links);

/// <summary>
/// What an OpenTelemetry collector would be sent (OTLP 1.x, http/protobuf). Field numbers:
/// opentelemetry-proto, trace/v1/trace.proto and metrics/v1/metrics.proto.
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private OtlpReceiver(WebApplication app) => this.app = app;

    public Uri Url => new(app.Urls.First());

    public ConcurrentQueue<Span> Spans { get; } = new();

    /// <summary>The latest export's <c>iot.telemetry.events</c> by outcome; of the process that runs now.</summary>
    public IReadOnlyDictionary<string, long> Events { get; private set; } = new Dictionary<string, long>();

    /// <summary>Exports of metrics so far.</summary>
    public int Exports { get; private set; }

    /// <summary>Settings that make the functions export here, soon after something happened.</summary>
    public IEnumerable<KeyValuePair<string, string>> Settings =>
    [
        new("OTEL_EXPORTER_OTLP_ENDPOINT", Url.ToString()), new("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        new("OTEL_METRIC_EXPORT_INTERVAL", "1000"), new("OTEL_BSP_SCHEDULE_DELAY", "500"),
    ];

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.MapPost("/v1/traces", async (HttpContext context) => receiver.TakeTraces(await ReadAsync(context)));
        app.MapPost("/v1/metrics", async (HttpContext context) => receiver.TakeMetrics(await ReadAsync(context)));
        await app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private static async Task<ProtobufMessage> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return new(body.ToArray());
    }

    private void TakeTraces(ProtobufMessage export)
    {
        // resource_spans, scope_spans, spans; of a span: trace_id 1, name 5, links 13.
        foreach (var span in export.Path(1, 2, 2))
            Spans.Enqueue(new(span.Hex(1), span.Text(5), [.. span.Messages(13).Select(link => link.Hex(1))]));
    }

    private void TakeMetrics(ProtobufMessage export)
    {
        // resource_metrics, scope_metrics, metrics; name 1, sum 7, its data_points 1: as_int 6, attributes 7 (key 1, value 2: string_value 1).
        var points = export.Path(1, 2, 2).Where(metric => metric.Text(1) == "iot.telemetry.events").SelectMany(metric => metric.Path(7, 1)).ToList();
        if (points.Count > 0)
            Events = points.ToDictionary(point => point.Path(7, 2).Single().Text(1), point => point.Number(6));
        Exports++;
    }
}
