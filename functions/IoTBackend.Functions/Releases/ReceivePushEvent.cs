using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Releases;

internal sealed class ReceivePushEvent(PushEventRequests requests)
{
    [Function(nameof(ReceivePushEvent)), Asks<PushAsked>]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", "options", Route = "api/registry/events")] HttpRequest request, CancellationToken cancellationToken) =>
        requests.HandleAsync(request, cancellationToken);
}
