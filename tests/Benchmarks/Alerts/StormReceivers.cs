using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using IoTBackend.Simulator;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Benchmarks.Alerts;

/// <summary>Receivers of seven channels on loopback: each answers as its service does, <c>dead</c> refuses and <c>slow</c> takes nine seconds.</summary>
internal sealed class StormReceivers : IAsyncDisposable
{
    public static readonly string[] Names = ["webhook", "slack", "teams", "pagerduty", "ntfy", "slow", "dead"];

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Channel, int Alerts)> _messages = new();

    private StormReceivers(WebApplication app) => _app = app;

    /// <summary>What the webhook was told of alone.</summary>
    public ConcurrentQueue<(string Device, long At)> ToldAlone { get; } = new();

    public static async Task<StormReceivers> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receivers = new StormReceivers(builder.Build());
        receivers._app.MapPost("/{**channel}", receivers.AnswerAsync);
        await receivers._app.StartAsync();
        return receivers;
    }

    public Task AddAsync(BackendApi api, string name)
    {
        var url = $"{_app.Urls.First()}/{name}";
        object channel = name switch
        {
            "slack" or "teams" => new { type = name, url },
            // It posts to the server's root.
            "ntfy" => new { type = name, url },
            "pagerduty" => new { type = name, url, secret = new string('k', 32) },
            _ => new { type = "webhook", url },
        };
        return api.OperateAsync(HttpMethod.Put, $"channels/{name}", channel, CancellationToken.None);
    }

    public int Messages(string channel) => _messages.Count(m => m.Channel == channel);

    public int Alerts(string channel) => _messages.Where(m => m.Channel == channel).Sum(m => m.Alerts);

    public void Clear()
    {
        _messages.Clear();
        ToldAlone.Clear();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> AnswerAsync(HttpContext context, string? channel)
    {
        var at = Stopwatch.GetTimestamp();
        var body = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var name = channel ?? "ntfy";
        if (name == "slow")
            await Task.Delay(TimeSpan.FromSeconds(9), context.RequestAborted);
        _messages.Enqueue((name, Count(body)));
        if (name == "webhook" && (string?)body?["type"] == "alert.opened" && (string?)body["data"]?["deviceId"] is { } device)
            ToldAlone.Enqueue((device, at));
        return name switch
        {
            "dead" => Results.StatusCode(StatusCodes.Status500InternalServerError),
            "slack" => Results.Text("ok"),
            "teams" => Results.StatusCode(StatusCodes.Status202Accepted),
            "pagerduty" => Results.Json(new { status = "success" }, statusCode: StatusCodes.Status202Accepted),
            "ntfy" => Results.Json(new { id = "1", @event = "message" }),
            _ => Results.NoContent(),
        };
    }

    /// <summary>Of how many alerts a message tells, as far as it is for machines.</summary>
    private static int Count(JsonNode? body) => (int?)body?["data"]?["count"] ?? 1;
}
