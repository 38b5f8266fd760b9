using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Functions.SignIn;

/// <summary>How the console gets in for a person that Entra ID has signed in.</summary>
internal sealed partial class SessionResource(SignInGate gate, ILogger<SessionResource> log)
{
    /// <summary>What the console calls the API with for the operator who is signed in with Entra ID</summary>
    /// <response code="200">The operator, and the console's key: it counts only beside their session</response>
    /// <response code="401">Nobody is signed in</response>
    /// <response code="403">Who is signed in is no operator</response>
    /// <response code="404">Nobody can sign in here: operators have keys</response>
    [Function("StartSession")]
    [Answers<Session>(200), Answers(401), Answers(403), Answers(404)]
    public IResult Start([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/session")] HttpRequest request)
    {
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        if (gate.ConsoleKey is not { } key)
            return Problem.NotFound("Nobody signs in with Entra ID here: use an operator key.");
        // Another site's page has no reading of the answer; that it cannot even ask costs one line.
        if (request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin"))
            return Problem.Forbidden("Only the console asks for this.");
        if (Principal.Of(request) is not { } person)
            return Problem.Unauthorized("Nobody is signed in.");
        if (!gate.IsOperator(person))
            return Problem.Forbidden($"{person.Name} is signed in, and is no operator here. The role '{SignInOptions.OperatorRole}' of the app registration makes one.");
        LogSignedIn(log, person.Name);
        return JsonBody.Ok(new Session(person.Name, key));
    }

    [LoggerMessage(1, LogLevel.Information, "{Person} signed in to the console")]
    private static partial void LogSignedIn(ILogger log, string person);

    /// <param name="Name">Who is signed in.</param>
    /// <param name="Key">For <c>x-functions-key</c>, beside the session's cookie.</param>
    internal sealed record Session(string Name, string Key);
}
