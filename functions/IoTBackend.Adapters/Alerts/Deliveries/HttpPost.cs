using System.Net;
using System.Text;
using System.Text.Json;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Alerts.Deliveries;

/// <summary>What a receiver answered.</summary>
/// <param name="Status">HTTP's.</param>
/// <param name="Body">The first 4 KiB of the body as text.</param>
/// <param name="RetryAfter">What it asked for.</param>
public sealed record HttpAnswer(HttpStatusCode Status, string Body, TimeSpan? RetryAfter)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>A page where there should be an answer: a login, a parked domain, a proxy's error. No receiver of alerts speaks so.</summary>
    public bool IsPage => Body.AsSpan().TrimStart() is var text
        && (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase));

    /// <summary>For the operator: status, and the body where it is short and plain.</summary>
    public string Said
    {
        get
        {
            var text = string.Concat(Body.Trim().Take(200).Select(c => char.IsControl(c) ? ' ' : c));
            return text.Length == 0 ? $"Status {(int)Status}." : $"Status {(int)Status}: {text}";
        }
    }
}

/// <summary>Posts to receivers that operators named, and lets none of them do harm: guarded addresses, no redirects, 10 s, 4 KiB of answer.</summary>
public sealed class HttpPost : IDisposable
{
    private const string UserAgent = "IoTBackend/1.0";
    private const int MaxAnswerBytes = 4096;

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public HttpPost(AlertsOptions options, TimeProvider time)
    {
        _http = new(GuardedConnection.Handler(options.AllowPrivateTargets, AlertsOptions.PrivateSetting, IChannel.Timeout)) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd(UserAgent);
        _time = time;
    }

    /// <param name="request">What to send.</param>
    /// <param name="judge">What a status of 2xx means; null = delivered. The others mean the same everywhere.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<DeliveryOutcome> SendAsync(HttpRequestMessage request, Func<HttpAnswer, DeliveryOutcome?>? judge, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(IChannel.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var after = response.Headers.RetryAfter is { } asked ? asked.Delta ?? asked.Date - _time.GetUtcNow() : null;
            var answer = new HttpAnswer(response.StatusCode, await ReadAsync(response, either.Token), after);
            return judge?.Invoke(answer) ?? Judge(answer);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(Delivered: false, $"No answer within {IChannel.Timeout.TotalSeconds:0} s.");
        }
        catch (Exception e) when (ForbiddenTargetException.In(e) is { } forbidden)
        {
            return new(Delivered: false, forbidden.Message, IsFinal: true);
        }
        catch (HttpRequestException e)
        {
            return new(Delivered: false, $"The connection failed: {e.HttpRequestError}.");
        }
        catch (IOException)
        {
            return new(Delivered: false, "The connection broke off within the answer.");
        }
    }

    public static HttpRequestMessage Json(Uri url, byte[] body) =>
        new(HttpMethod.Post, url) { Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } } };

    public static HttpRequestMessage Json(Uri url, object body) => Json(url, JsonSerializer.SerializeToUtf8Bytes(body, WireJson.Options));

    public void Dispose() => _http.Dispose();

    private static DeliveryOutcome Judge(HttpAnswer answer) => answer switch
    {
        { IsSuccess: true, IsPage: true } => new(Delivered: false, $"Status {(int)answer.Status} with an HTML page: this is no receiver of alerts."),
        { IsSuccess: true } => new(Delivered: true, answer.Said),
        // The one answer that means: never again.
        { Status: HttpStatusCode.Gone } => new(Delivered: false, "Status 410: the receiver is gone.", IsFinal: true),
        { Status: >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest } => new(Delivered: false, $"Status {(int)answer.Status}: redirects are not followed."),
        { Status: HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity } =>
            new(Delivered: false, answer.Said, IsRefusal: true, RetryAfter: answer.RetryAfter),
        _ => new(Delivered: false, answer.Said, RetryAfter: answer.RetryAfter),
    };

    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxAnswerBytes];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
