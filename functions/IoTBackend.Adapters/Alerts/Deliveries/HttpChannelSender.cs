using System.Net;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;

namespace IoTBackend.Adapters.Alerts.Deliveries;

/// <summary>Posts notices. Delivered is what a 2xx answers; the answer's body is not read.</summary>
public sealed class HttpChannelSender : IChannelSender, IDisposable
{
    private const string UserAgent = "IoTBackend/1.0";

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public HttpChannelSender(AlertsOptions options, TimeProvider time)
    {
        _http = new(GuardedConnection.Handler(options.AllowPrivateTargets, "Alerts__AllowPrivateTargets", IChannelSender.Timeout)) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd(UserAgent);
        _time = time;
    }

    public async Task<DeliveryOutcome> SendAsync(Channel channel, Delivery delivery, CancellationToken cancellationToken)
    {
        using var request = ChannelMessage.Of(channel, delivery, _time.GetUtcNow());
        if (request is null)
            return new(Delivered: true, "There is nothing to say in this channel's language.");
        using var limit = new CancellationTokenSource(IChannelSender.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return Judge(response);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(Delivered: false, $"No answer within {IChannelSender.Timeout.TotalSeconds:0} s.");
        }
        catch (Exception e) when (ForbiddenTargetException.In(e) is { } forbidden)
        {
            return new(Delivered: false, forbidden.Message, IsFinal: true);
        }
        catch (HttpRequestException e)
        {
            return new(Delivered: false, $"The connection failed: {e.HttpRequestError}.");
        }
    }

    public void Dispose() => _http.Dispose();

    private DeliveryOutcome Judge(HttpResponseMessage response) => response switch
    {
        { IsSuccessStatusCode: true } => new(Delivered: true, $"Status {(int)response.StatusCode}."),
        // The one answer that means: never again.
        { StatusCode: HttpStatusCode.Gone } => new(Delivered: false, "Status 410: the receiver is gone.", IsFinal: true),
        { StatusCode: >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest } =>
            new(Delivered: false, $"Status {(int)response.StatusCode}: redirects are not followed."),
        { Headers.RetryAfter: { } after } => new(Delivered: false, $"Status {(int)response.StatusCode}.", RetryAfter: after.Delta ?? after.Date - _time.GetUtcNow()),
        _ => new(Delivered: false, $"Status {(int)response.StatusCode}."),
    };
}
