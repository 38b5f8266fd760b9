using System.Security.Cryptography;
using System.Text;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace IoTBackend.Functions.SignIn;

/// <summary>
/// Stands before every HTTP function. Headers that name a person count only where the platform takes them off what comes from outside and sets its own;
/// and the console's key counts only beside an operator's session, so that nobody can leave with it.
/// </summary>
internal sealed class SignInGate(IConfiguration configuration, IOptions<SignInOptions> options) : IFunctionsWorkerMiddleware
{
    private const string KeyHeader = "x-functions-key";
    private const string KeyParameter = "code";

    // The platform's own word (learn.microsoft.com/azure/app-service/reference-app-settings, Authentication), which no deployment sets.
    private readonly bool _platformAuthenticates = "true".Equals(configuration["WEBSITE_AUTH_ENABLED"], StringComparison.OrdinalIgnoreCase);

    /// <summary>The console's key, or null where nobody can sign in.</summary>
    public string? ConsoleKey => _platformAuthenticates && options.Value is { TenantId.Length: > 0, ConsoleKey.Length: > 0 } set ? set.ConsoleKey : null;

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http && Refuse(http.Request) is { } reason)
            await Problem.Unauthorized(reason).ExecuteAsync(http);
        else
            await next(context);
    }

    /// <summary>Why the request is refused before its function runs, or null. Takes the headers off that nobody vouches for.</summary>
    public string? Refuse(HttpRequest request)
    {
        if (!_platformAuthenticates)
            Principal.TakeOff(request);
        return HoldsConsoleKey(request) && !IsOperator(Principal.Of(request)) ? "The session is over, or is no operator's: sign in again." : null;
    }

    public bool IsOperator(Principal? person) =>
        person is { TenantId.Length: > 0 } && person.TenantId == options.Value.TenantId && person.Roles.Contains(SignInOptions.OperatorRole);

    // Whatever else is offered beside it: the host takes the first.
    private bool HoldsConsoleKey(HttpRequest request) =>
        options.Value.ConsoleKey is { Length: > 0 } key && request.Headers[KeyHeader].Concat(request.Query[KeyParameter]).Any(offered => IsSame(offered ?? "", key));

    private static bool IsSame(string offered, string key) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(offered), Encoding.UTF8.GetBytes(key));
}
