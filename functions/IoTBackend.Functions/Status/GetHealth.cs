using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Status;

internal sealed class GetHealth
{
    [Function(nameof(GetHealth))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/health")] HttpRequest request) => Results.Ok(new { status = "up" });
}
